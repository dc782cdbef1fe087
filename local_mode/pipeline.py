"""An inference pipeline: `with Pipeline([Step("pca", one), Step("xgboost", other)]) as pipeline: pipeline.invoke(...)`.

Source: SageMaker developer guide, "Inference pipelines in Amazon SageMaker AI" and "Invoke a multi-container endpoint
with direct invocation".
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence

from contract.errors import UserError, show
from contract.limits import PIPELINE_CONTAINERS
from local_mode import invocation
from local_mode.deployment import AS_IN_THE_CLOUD, Clock, Deployment, Step
from local_mode.engine import Engine
from local_mode.invocation import PREFIX, SAGEMAKER_LIMITS, Answer, Limits
from local_mode.observer import Observer
from local_mode.request import NAME

__all__ = ["Pipeline", "Step"]
TARGET = PREFIX + "target-container-hostname"
_ACCEPT, _TYPE = "accept", "content-type"


class Pipeline(Deployment):
    """2 to 15 containers side by side, each on a port of its own; InService inside the context, gone after.

    The answer of each, with its Content-Type as it stands, is the request of the next. A step without a hostname gets
    `container-1`, `container-2`... With `direct` nothing is chained: every invocation names its container.
    Raises UserError where the steps are too few or too many, or a hostname is no name or stands twice.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        direct: bool = False,
        clock: Clock = AS_IN_THE_CLOUD,
        limits: Limits = SAGEMAKER_LIMITS,
        engine: Engine | None = None,
        observer: Observer | None = None,
    ) -> None:
        super().__init__(_named(steps), port=0, clock=clock, engine=engine, observer=observer)
        self._direct = direct
        self._limits = limits

    def invoke(
        self,
        body: bytes | str,
        *,
        content_type: str | None = None,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> Answer:
        """InvokeEndpoint: the time limit is for the whole chain, that of the payload for every body in it.

        `accept` is for the last container: the others answer in what their own default is. Other headers go to all,
        and the answer's are the last container's. `target` is the hostname that a `direct` endpoint wants.
        Raises UserError for what the service refuses itself, ModelError for the first answer but 2xx: it names the
        container, and no later one is asked.
        """
        given = invocation.passed(invocation.headers(content_type, accept, headers))
        target = given.pop(TARGET, None) if target is None else target
        wished = {_ACCEPT: given.pop(_ACCEPT)} if _ACCEPT in given else {}
        answer = Answer(body.encode() if isinstance(body, str) else body, given.pop(_TYPE, ""))
        asked = self._asked(target)
        deadline = time.monotonic() + self._limits.seconds
        for place, (step, url) in enumerate(asked, 1):
            sent = given | ({_TYPE: answer.content_type} if answer.content_type else {})
            sent |= wished if place == len(asked) else {}
            rest = dataclasses.replace(self._limits, seconds=max(0.0, deadline - time.monotonic()))
            answer = invocation.invoke(url, answer.body, sent, rest, step.hostname)
        return answer

    def stop(self) -> tuple[int, ...]:
        """SIGTERM to all, SIGKILL 30 s later, everything removed. The exit codes; none where nothing was running."""
        return self._end()

    def _asked(self, target: str | None) -> list[tuple[Step, str]]:
        """The steps that one invocation goes through, each with its address."""
        every = list(zip(self.steps, self.urls, strict=True))
        if not self._direct:
            if target is not None:
                raise UserError(f"{TARGET} {show(target)}: containers that form a chain are not asked one by one")
            return every
        found = [(step, url) for step, url in every if step.hostname == target]
        if not found:
            known = ", ".join(step.hostname for step in self.steps)
            raise UserError(f"{TARGET} {show(target)} names no container of this endpoint: accepted are {known}")
        return found


def _named(steps: Sequence[Step]) -> list[Step]:
    fewest, most = PIPELINE_CONTAINERS
    if not fewest <= len(steps) <= most:
        raise UserError(f"a pipeline of {len(steps)} containers: accepted are {fewest} to {most}")
    named = [
        dataclasses.replace(step, hostname=step.hostname or f"container-{place}") for place, step in enumerate(steps, 1)
    ]
    hostnames = [step.hostname for step in named]
    for hostname in hostnames:
        if not NAME.fullmatch(hostname):
            raise UserError(f"hostname {show(hostname)}: accepted are 1 to 63 letters, digits and single dashes inside")
        if hostnames.count(hostname) > 1:
            raise UserError(f"hostname {show(hostname)} stands twice; each container needs its own")
    return named
