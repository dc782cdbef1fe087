"""One endpoint, played as SageMaker plays it: `with Endpoint("xgboost", model) as endpoint: endpoint.invoke(...)`."""

from __future__ import annotations

import collections
import contextlib
import datetime
import http.client
import socket
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contract.errors import PlatformError, UserError, show
from contract.limits import PING_SECONDS, SERVE_STOP_SECONDS, STARTUP_SECONDS
from local_mode import invocation, results
from local_mode.engine import Container, Engine, Mount, Running, choose
from local_mode.images import find
from local_mode.invocation import Answer, Limits
from local_mode.observer import Observer
from local_mode.result import Transition

BETWEEN_PINGS_SECONDS = 0.2
LINES_KEPT = 20


@dataclass(frozen=True)
class Clock:
    """The service's patience, in seconds: one ping, the first good ping, and SIGTERM to SIGKILL."""

    ping: float = PING_SECONDS
    startup: float = STARTUP_SECONDS
    stop: float = SERVE_STOP_SECONDS


AS_IN_THE_CLOUD = Clock()
SAGEMAKER_LIMITS = Limits()


class Endpoint:
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
        self.image = find(image)
        self._model = model
        self._environment = environment or {}
        self._port = port
        self._clock = clock
        self._limits = limits
        self._engine = engine
        self._observer = observer or Observer()
        self._last_lines: collections.deque[str] = collections.deque(maxlen=LINES_KEPT)
        self._cleanup = contextlib.ExitStack()
        self._running: Running | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`. Raises UserError outside the context."""
        return self._started.address

    def invoke(
        self,
        body: bytes | str,
        *,
        content_type: str | None = None,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """InvokeEndpoint. Raises UserError for what the service refuses itself, ModelError for any answer but 2xx."""
        given = dict(headers or {})
        if content_type is not None:
            given["Content-Type"] = content_type
        if accept is not None:
            given["Accept"] = accept
        return invocation.invoke(self.url, body.encode() if isinstance(body, str) else body, given, self._limits)

    def ping(self) -> bool:
        """Whether /ping answers 200 within its 2 s."""
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=self._clock.ping) as answer:  # noqa: S310 - our loopback
                return bool(answer.status == http.client.OK)
        except (PlatformError, OSError, http.client.HTTPException):
            return False

    def exit_code(self) -> int | None:
        """The container's, if it ended by itself; None while it runs."""
        return self._started.poll()

    def stop(self) -> int | None:
        """SIGTERM, SIGKILL 30 s later, everything removed. The container's exit code; None if none was running."""
        running, self._running = self._running, None
        code = None
        if running is not None:
            self._enter("Deleting", "Stopping the container")
            running.terminate()
            deadline = time.monotonic() + self._clock.stop
            while (code := running.poll()) is None and time.monotonic() < deadline:
                time.sleep(BETWEEN_PINGS_SECONDS / 4)
            if code is None:
                self._observer.note(f"still running {self._clock.stop:g} s after SIGTERM: killed")
                running.kill()
                code = running.wait()
        self._cleanup.close()
        return code

    @property
    def _started(self) -> Running:
        if self._running is None:
            raise UserError("the endpoint is not in service: use it inside `with Endpoint(...)`")
        return self._running

    def _start(self) -> None:
        _check_free(self._port)
        self._enter("Creating", f"Starting {self.image.reference}")
        engine = self._engine or self._cleanup.enter_context(choose(progress=self._observer.progress))
        if engine.differences:
            self._observer.note(engine.differences)
        folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="sagemaker-endpoint-")))
        container = Container(
            image=self.image.reference,
            command=("serve",),
            host="model",
            folder=folder,
            mounts=(Mount(self._extracted(folder / "model"), "model"),),
            environment=self._environment,
            port=self._port,
        )
        self._running = engine.start(container)
        reader = threading.Thread(target=self._read, args=(self._running,), daemon=True)
        self._cleanup.callback(reader.join, BETWEEN_PINGS_SECONDS * 10)
        self._cleanup.callback(self._running.remove)
        reader.start()
        self._wait_for_ping(time.monotonic() + self._clock.startup)
        self._enter("InService", f"{self.image.reference} answers at {self.url}")

    def _extracted(self, target: Path) -> Path:
        if self._model.is_dir():
            return self._model
        if not self._model.is_file():
            raise UserError(f"model {show(str(self._model))} does not exist: a model.tar.gz or a folder is accepted")
        target.mkdir()
        results.unpack(self._model, target)
        return target

    def _wait_for_ping(self, deadline: float) -> None:
        while not self.ping():
            code = self._started.poll()
            if code is not None:
                raise UserError(f"the container ended with exit code {code} before /ping answered 200: {self._said()}")
            if time.monotonic() > deadline:
                raise UserError(
                    f"the container did not pass the ping health check: /ping did not answer 200 within "
                    f"{self._clock.ping:g} s in the first {self._clock.startup:g} s: {self._said()}"
                )
            time.sleep(BETWEEN_PINGS_SECONDS)

    def _said(self) -> str:
        time.sleep(BETWEEN_PINGS_SECONDS)  # the last lines may still be on their way
        return self._last_lines[-1] if self._last_lines else "it printed nothing"

    def _read(self, running: Running) -> None:
        for text in running.lines():
            self._last_lines.append(text)
            self._observer.line("model", text)

    def _enter(self, status: str, message: str) -> None:
        self._observer.transition(Transition(status, datetime.datetime.now(datetime.UTC), message))


def _check_free(port: int) -> None:
    """Raises UserError where another program listens on the port: it would answer in the endpoint's place."""
    with socket.socket() as probe:
        if port and probe.connect_ex(("127.0.0.1", port)) == 0:
            raise UserError(f"port {port} is taken: free it, or take another (make serve/<image> PORT=8081)")
