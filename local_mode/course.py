"""The course of a job from its start to its end: who ends it, and how the service names that."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass

from local_mode.hosts import Ended, Event, Events, Hosts, KillAsked, Line, StopAsked


@dataclass(frozen=True)
class End:
    """`status` is Completed, Failed or Stopped; `reason` is the FailureReason of a failed job."""

    status: str
    secondary_status: str
    reason: str = ""


@dataclass(frozen=True)
class Course:
    """`max_runtime` and `stop_seconds` (from SIGTERM to SIGKILL) are in seconds."""

    hosts: Hosts
    events: Events
    max_runtime: float
    stop_seconds: float
    heard: Callable[[Line], None]
    stopping: Callable[[End], None]
    failure_reason: Callable[[str, int], str]

    def follow(self) -> End:
        """Hear the hosts until all have ended. One that fails, a stop or the time limit ends the others."""
        end: End | None = None
        deadline: float | None = time.monotonic() + self.max_runtime
        while not self.hosts.all_ended:
            event = self._next(deadline)
            if isinstance(event, Line):
                self.heard(event)
                continue
            if isinstance(event, Ended):
                self.hosts.codes[event.host] = event.code
            if end is None:
                end = self._verdict(event)
                if end is not None and not self.hosts.all_ended:
                    self.stopping(end)
                    self.hosts.terminate()
                    deadline = time.monotonic() + self.stop_seconds
            elif event is None:
                self.hosts.kill()
                deadline = None
            if isinstance(event, KillAsked):
                self.hosts.kill()
        return end or End("Completed", "Completed")

    def _next(self, deadline: float | None) -> Event | None:
        """The next event; None once the deadline has passed."""
        try:
            return self.events.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def _verdict(self, event: Event | None) -> End | None:
        """How the job ends on account of this event; None where it goes on, as after a worker's early exit with 0."""
        if event is None:
            return End("Stopped", "MaxRuntimeExceeded")
        if isinstance(event, Ended):
            return End("Failed", "Failed", self.failure_reason(event.host, event.code)) if event.code else None
        if isinstance(event, StopAsked) and event.reason:
            return End("Failed", "Failed", event.reason)
        return End("Stopped", "Stopped")
