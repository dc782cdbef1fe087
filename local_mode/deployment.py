"""The containers behind one endpoint: started, found healthy, watched, stopped."""

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from contract.errors import PlatformError, UserError, show
from contract.limits import PING_SECONDS, PORT, SERVE_STOP_SECONDS, STARTUP_SECONDS
from local_mode import results
from local_mode.engine import ACCEPTS_PORT, BIND_TO_PORT, Container, Engine, Mount, Running, choose
from local_mode.images import find
from local_mode.observer import Observer
from local_mode.result import Transition

BETWEEN_PINGS_SECONDS = 0.2
LINES_KEPT = 20


@dataclass(frozen=True)
class Clock:
    """The service's patience, in seconds: one ping, the first good ping of all, and SIGTERM to SIGKILL."""

    ping: float = PING_SECONDS
    startup: float = STARTUP_SECONDS
    stop: float = SERVE_STOP_SECONDS


AS_IN_THE_CLOUD = Clock()


@dataclass(frozen=True)
class Step:
    """CreateModel's ContainerDefinition. `model` is a model.tar.gz or a folder with its content: read-only in any case.

    `hostname` names the container in logs and errors.
    """

    image: str
    model: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    hostname: str = ""


class Deployment:
    """Runs `IMAGE serve` for every step on loopback ports; a context manager, in service inside, and gone after.

    Several share one network, as on one instance. `port` is the first one's, 0 a free one.
    """

    def __init__(
        self, steps: Sequence[Step], *, port: int, clock: Clock, engine: Engine | None, observer: Observer | None
    ) -> None:
        self.steps = tuple(steps)
        self._references = [find(step.image).reference for step in steps]
        self._port = port
        self._clock = clock
        self._engine = engine
        self._observer = observer or Observer()
        self._last_lines = {step.hostname: collections.deque[str](maxlen=LINES_KEPT) for step in steps}
        self._cleanup = contextlib.ExitStack()
        self._running: tuple[Running, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    @property
    def urls(self) -> tuple[str, ...]:
        """`http://127.0.0.1:<port>` of each step. Raises UserError outside the context."""
        return tuple(running.address for running in self._started)

    def ping(self) -> bool:
        """Whether /ping of every container answers 200 within its 2 s."""
        try:
            return all(map(self._pings, self.urls))
        except PlatformError:  # a container that has ended has no address
            return False

    def exit_code(self) -> int | None:
        """That of the first container that ended by itself; None while all run."""
        return next((code for running in self._started if (code := running.poll()) is not None), None)

    def _end(self) -> tuple[int, ...]:
        """SIGTERM to all, SIGKILL 30 s later, everything removed. The exit codes; none where nothing was running."""
        started, self._running = self._running, ()
        if started:
            self._enter("Deleting", f"Stopping the container{'s' if len(started) > 1 else ''}")
        for running in started:
            running.terminate()
        deadline = time.monotonic() + self._clock.stop
        codes = [self._ended(running, deadline) for running in started]
        self._cleanup.close()
        return tuple(codes)

    def _ended(self, running: Running, deadline: float) -> int:
        while (code := running.poll()) is None and time.monotonic() < deadline:
            time.sleep(BETWEEN_PINGS_SECONDS / 4)
        if code is None:
            self._observer.note(f"still running {self._clock.stop:g} s after SIGTERM: killed")
            running.kill()
            code = running.wait()
        return code

    @property
    def _started(self) -> tuple[Running, ...]:
        if not self._running:
            name = type(self).__name__
            raise UserError(f"the {name.lower()} is not in service: use it inside `with {name}(...)`")
        return self._running

    def _start(self) -> None:
        check_free(self._port)
        named = ", then ".join(self._references)
        self._enter("Creating", f"Starting {named}")
        engine = self._engine or self._cleanup.enter_context(choose(progress=self._observer.progress))
        if engine.differences:
            self._observer.note(engine.differences)
        for place, reference in enumerate(self._references[1:], 2):
            if not engine.binds_to_port(reference):
                raise UserError(
                    f"image {show(reference)} cannot be container {place}: only the first may listen on {PORT}, and "
                    f"this one does not say that it listens on the port in {BIND_TO_PORT}, by the label "
                    f"{ACCEPTS_PORT}=true"
                )
        folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="sagemaker-endpoint-")))
        containers = [self._container(place, folder / str(place)) for place in range(len(self.steps))]
        if len(containers) > 1:
            self._running = tuple(engine.start_together(containers))
        else:
            self._running = (engine.start(containers[0]),)
        for step, running in zip(self.steps, self._running, strict=True):
            reader = threading.Thread(target=self._read, args=(step.hostname, running), daemon=True)
            self._cleanup.callback(reader.join, BETWEEN_PINGS_SECONDS * 10)
            self._cleanup.callback(running.remove)
            reader.start()
        deadline = time.monotonic() + self._clock.startup
        for step, running in zip(self.steps, self._running, strict=True):
            self._wait_for_ping(step, running, deadline)
        at = f" answers at {self.urls[0]}" if len(self.urls) == 1 else ": every container answers /ping"
        self._enter("InService", f"{named}{at}")

    def _container(self, place: int, folder: Path) -> Container:
        step = self.steps[place]
        folder.mkdir()
        return Container(
            image=self._references[place],
            command=("serve",),
            host=step.hostname,
            folder=folder,
            mounts=(Mount(_extracted(step.model, folder / "model"), "model"),),
            environment=step.environment,
            port=0 if place else self._port,
        )

    def _pings(self, url: str) -> bool:
        try:
            with urllib.request.urlopen(f"{url}/ping", timeout=self._clock.ping) as answer:  # noqa: S310 - our loopback
                return bool(answer.status == http.client.OK)
        except (OSError, http.client.HTTPException):
            return False

    def _wait_for_ping(self, step: Step, running: Running, deadline: float) -> None:
        name = step.hostname if len(self.steps) > 1 else "the container"
        while True:
            with contextlib.suppress(PlatformError):  # a container that has ended has no address
                if self._pings(running.address):
                    return
            code = running.poll()
            if code is not None:
                said = self._said(step.hostname)
                raise UserError(f"{name} ended with exit code {code} before /ping answered 200: {said}")
            if time.monotonic() > deadline:
                raise UserError(
                    f"{name} did not pass the ping health check: /ping did not answer 200 within "
                    f"{self._clock.ping:g} s in the first {self._clock.startup:g} s: {self._said(step.hostname)}"
                )
            time.sleep(BETWEEN_PINGS_SECONDS)

    def _said(self, hostname: str) -> str:
        time.sleep(BETWEEN_PINGS_SECONDS)  # the last lines may still be on their way
        lines = self._last_lines[hostname]
        return lines[-1] if lines else "it printed nothing"

    def _read(self, hostname: str, running: Running) -> None:
        for text in running.lines():
            self._last_lines[hostname].append(text)
            self._observer.line(hostname, text)

    def _enter(self, status: str, message: str) -> None:
        self._observer.transition(Transition(status, datetime.datetime.now(datetime.UTC), message))


def check_free(port: int) -> None:
    """Raises UserError where another program listens on the port: it would answer in the endpoint's place."""
    with socket.socket() as probe:
        if port and probe.connect_ex(("127.0.0.1", port)) == 0:
            raise UserError(f"port {port} is taken: free it, or take another (make serve/<image> PORT=8081)")


def _extracted(model: Path, target: Path) -> Path:
    if model.is_dir():
        return model
    if not model.is_file():
        raise UserError(f"model {show(str(model))} does not exist: a model.tar.gz or a folder is accepted")
    target.mkdir()
    results.unpack(model, target)
    return target
