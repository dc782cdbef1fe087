"""The hosts of one running job: started together, heard through one queue, ended together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from contract.errors import PlatformError
from local_mode.engine import Container, Engine, Running

READER_SECONDS = 5.0
"""How long the last lines of a removed container may take to arrive."""


@dataclass(frozen=True)
class Line:
    host: str
    text: str


@dataclass(frozen=True)
class Ended:
    host: str
    code: int


@dataclass(frozen=True)
class StopAsked:
    """Somebody wants the job stopped; `reason` is set where that is because it cannot go on."""

    reason: str = ""


@dataclass(frozen=True)
class KillAsked:
    """Somebody will not wait for the end of a stop."""


Event = Line | Ended | StopAsked | KillAsked
# SimpleQueue, as its put may be called from a signal handler.
Events = queue.SimpleQueue[Event]


class Hosts:
    """A context manager: at its end no container of the job is left."""

    def __init__(self, engine: Engine, containers: Sequence[Container], events: Events) -> None:
        self._engine = engine
        self._containers = containers
        self._events = events
        self._running: dict[str, Running] = {}
        self._readers: list[threading.Thread] = []
        self.codes: dict[str, int] = {}
        """The exit codes of those that ended, filled by whoever reads the events."""

    def __enter__(self) -> Self:
        try:
            for container in self._containers:
                running = self._engine.start(container)
                self._running[container.host] = running
                reader = threading.Thread(target=self._read, args=(container.host, running), daemon=True)
                self._readers.append(reader)
                reader.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()
        for reader in self._readers:
            reader.join(READER_SECONDS)
        for running in self._running.values():
            running.remove()

    @property
    def all_ended(self) -> bool:
        return len(self.codes) == len(self._containers)

    def terminate(self) -> None:
        for running in self._left():
            running.terminate()

    def kill(self) -> None:
        for running in self._left():
            running.kill()

    def _left(self) -> list[Running]:
        return [running for host, running in self._running.items() if host not in self.codes]

    def _read(self, host: str, running: Running) -> None:
        try:
            for text in running.lines():
                self._events.put(Line(host, text))
            self._events.put(Ended(host, running.wait()))
        except Exception as error:
            # Whatever it is, the job must hear that this host is lost, or it would wait for ever.
            self._events.put(Line(host, f"local mode lost the host: {error!r}"))
            self._events.put(Ended(host, PlatformError.exit_code))
