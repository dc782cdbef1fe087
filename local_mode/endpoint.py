"""One endpoint, played as SageMaker plays it: `with Endpoint("xgboost", model) as endpoint: endpoint.invoke(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from local_mode import invocation
from local_mode.deployment import AS_IN_THE_CLOUD, Clock, Deployment, Step
from local_mode.engine import Engine
from local_mode.images import find
from local_mode.invocation import SAGEMAKER_LIMITS, Answer, Limits
from local_mode.observer import Observer


class Endpoint(Deployment):
    """Runs `IMAGE serve` on a free loopback port; as a context manager it is InService inside, and gone after.

    `model` is a model.tar.gz or a folder with its content: read-only for the container, in any case.
    """

    def __init__(
        self,
        image: str,
        model: Path,
        *,
        environment: Mapping[str, str] | None = None,
        port: int = 0,
        clock: Clock = AS_IN_THE_CLOUD,
        limits: Limits = SAGEMAKER_LIMITS,
        engine: Engine | None = None,
        observer: Observer | None = None,
    ) -> None:
        step = Step(image, model, environment or {}, hostname="model")
        super().__init__((step,), port=port, clock=clock, engine=engine, observer=observer)
        self.image = find(image)
        self._limits = limits

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`. Raises UserError outside the context."""
        return self.urls[0]

    def invoke(
        self,
        body: bytes | str,
        *,
        content_type: str | None = None,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """InvokeEndpoint. Raises UserError for what the service refuses itself, ModelError for any answer but 2xx."""
        given = invocation.headers(content_type, accept, headers)
        return invocation.invoke(self.url, body.encode() if isinstance(body, str) else body, given, self._limits)

    def stop(self) -> int | None:
        """SIGTERM, SIGKILL 30 s later, everything removed. The container's exit code; None if none was running."""
        return next(iter(self._end()), None)
