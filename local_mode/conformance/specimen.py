"""Containers of the image that is checked: each bounded in time, all removed at the end."""

from __future__ import annotations

import contextlib
import datetime
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any

import docker
from docker.errors import DockerException
from docker.models.containers import Container as DockerContainer

from contract.errors import PlatformError
from contract.limits import PORT
from local_mode.conformance.check import ObstacleError
from local_mode.docker_engine import DockerEngine, RunningContainer, failures, options
from local_mode.engine import Container
from local_mode.log_lines import split

LOOKS_SECONDS = 0.1
LINES_KEPT = 2000
EXECUTE_SECONDS = 30.0
SIGTERM_BIT = 1 << 14
"""In the kernel's masks of the signals that a process catches and blocks."""
LISTENING = "0A"


class Laboratory:
    """Starts containers that the engine's context removes."""

    def __init__(self, client: docker.DockerClient, engine: DockerEngine) -> None:
        self.client = client
        self.engine = engine

    def start(self, container: Container, **more: Any) -> Specimen:
        """Start one, with `more` of docker-py's options. Raises PlatformError where the engine cannot."""
        with failures(f"{container.image} {' '.join(container.command)}"):
            given = options(container) | more
            made = self.client.containers.create(
                container.image, list(container.command), **given, labels=self.engine.labels, init=False
            )
        try:
            with failures(f"{container.image} {' '.join(container.command)}"):
                made.start()
        except BaseException:
            RunningContainer(made).remove()
            raise
        return Specimen(made)


class Specimen(RunningContainer):
    """A started container, and what can be seen of it from outside; as a context manager it is gone at the end."""

    def __init__(self, container: DockerContainer) -> None:
        super().__init__(container)
        self._container = container

    def __enter__(self) -> Specimen:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()

    def ended(self, seconds: float) -> int | None:
        """Its exit code, or None where it still runs after so long."""
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None and time.monotonic() < deadline:
            time.sleep(LOOKS_SECONDS)
        return code

    def published(self, port: int = PORT) -> str:
        """`http://127.0.0.1:<port>` that leads to the container's `port`. Raises PlatformError where none does."""
        with failures("looking at a container"):
            self._container.reload()
        ports = self._container.ports.get(f"{port}/tcp")
        if not ports:
            raise PlatformError("the container ended")
        return f"http://127.0.0.1:{ports[0]['HostPort']}"

    def log(self) -> list[str]:
        """The last lines that it printed."""
        with failures("reading a log"):
            return list(split([self._container.logs(tail=LINES_KEPT)]))

    def times(self) -> tuple[float, list[float]]:
        """How long it ran, and when after its start each of its last lines arrived, in seconds."""
        with failures("reading a log"):
            self._container.reload()
            text = self._container.logs(tail=LINES_KEPT, timestamps=True).decode("utf-8", "replace")
        state = self._container.attrs["State"]
        start = _time(state["StartedAt"])
        lines = [_time(line.split(" ", 1)[0]) - start for line in text.splitlines() if line]
        return _time(state["FinishedAt"]) - start, lines

    def changes(self) -> list[str]:
        """The paths that it made or wrote outside of mounts."""
        with failures("comparing a container with its image"):
            found = {str(change["Path"]) for change in self._container.diff() or [] if change["Kind"] in (0, 1)}
        # A folder is named for what happened in it.
        parents = {path[:position] for path in found for position, letter in enumerate(path) if letter == "/"}
        return sorted(found - parents)

    def execute(self, command: Sequence[str]) -> tuple[int, str]:
        """Run a program of the image inside: exit code and output. Raises ObstacleError where that cannot be done."""
        done: queue.SimpleQueue[tuple[int, bytes] | DockerException | OSError] = queue.SimpleQueue()

        def run() -> None:
            try:
                code, output = self._container.exec_run(list(command))
                assert isinstance(output, bytes)
                done.put((int(code or 0), output))
            except (DockerException, OSError) as error:
                done.put(error)

        # Its stream knows no time-out; a program that hangs ends with its container.
        threading.Thread(target=run, daemon=True).start()
        try:
            result = done.get(timeout=EXECUTE_SECONDS)
        except queue.Empty as error:
            raise ObstacleError(f"{' '.join(command)}: no end after {EXECUTE_SECONDS:g} s") from error
        if isinstance(result, Exception):
            raise ObstacleError(f"nothing runs inside the container: {result}")
        return result[0], result[1].decode("utf-8", "replace")

    def hears_sigterm(self) -> bool | None:
        """Whether PID 1 handles SIGTERM or waits for it: else the kernel drops the signal. None: not known."""
        *lines, waiting = self._inside("/proc/1/status", "/proc/1/wchan").splitlines()
        return hears(lines, waiting)

    def listens(self) -> list[str]:
        """The sockets that accept connections: `0.0.0.0:8080`, `127.0.0.1:8080`, `[::]:8080`."""
        text = self._inside("/proc/net/tcp")
        with contextlib.suppress(ObstacleError):  # a machine without IPv6
            text += self._inside("/proc/net/tcp6")
        rows = [line.split() for line in text.splitlines() if ":" in line]
        return sorted({address(row[1]) for row in rows if len(row) > 3 and row[3] == LISTENING})

    def _inside(self, *paths: str) -> str:
        code, text = self.execute(["cat", *paths])
        if code:
            raise ObstacleError(f"the image has no cat, to read {paths[0]} with: {text.strip()}")
        return text


def hears(status: Sequence[str], waiting: str) -> bool | None:
    """What the lines of /proc/1/status and the kernel's function in which it waits, or 0, say of SIGTERM."""
    fields = dict(line.split(":", 1) for line in status if ":" in line)
    # A blocked signal is kept; sigwait takes it out of the mask while it waits for it.
    if (int(fields["SigCgt"], 16) | int(fields["SigBlk"], 16)) & SIGTERM_BIT or "sigtimedwait" in waiting:
        return True
    return None if waiting == "0" else False


def address(written: str) -> str:
    """As /proc/net/tcp writes it, in the machine's byte order: `0100007F:1F90` -> `127.0.0.1:8080`."""
    digits, port = written.split(":")
    if len(digits) == 8:
        host = ".".join(str(int(digits[place : place + 2], 16)) for place in (6, 4, 2, 0))
    elif not int(digits, 16):
        host = "[::]"
    else:
        host = "[::1]" if digits == "0" * 24 + "01000000" else f"[{digits.lower()}]"
    return f"{host}:{int(port, 16)}"


def _time(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()
