"""The course of a job, with hosts that are only events."""

from __future__ import annotations

import queue

import pytest

from local_mode.course import Course, End
from local_mode.hosts import Ended, Event, Events, Hosts, KillAsked, Line, StopAsked


class Pretended:
    """Two hosts; `at_terminate` and `at_kill` are what they do then."""

    def __init__(self, events: Events, at_terminate: tuple[Event, ...], at_kill: tuple[Event, ...]) -> None:
        self.events, self.at_terminate, self.at_kill = events, at_terminate, at_kill
        self.codes: dict[str, int] = {}
        self.done: list[str] = []

    @property
    def all_ended(self) -> bool:
        return len(self.codes) == 2

    def terminate(self) -> None:
        self._do("terminate", self.at_terminate)

    def kill(self) -> None:
        self._do("kill", self.at_kill)

    def _do(self, what: str, then: tuple[Event, ...]) -> None:
        self.done.append(what)
        for event in then:
            self.events.put(event)


def follow(
    *heard: Event, then: tuple[Event, ...] = (), at_kill: tuple[Event, ...] = (), max_runtime: float = 60.0
) -> tuple[End, list[str]]:
    events: Events = queue.SimpleQueue()
    for event in heard:
        events.put(event)
    hosts = Pretended(events, then, at_kill)
    course = Course(
        hosts,  # type: ignore[arg-type] # all that a course asks of Hosts
        events,
        max_runtime,
        stop_seconds=0.05,
        heard=lambda line: None,
        stopping=lambda end: hosts.done.append(end.secondary_status),
        failure_reason=lambda host, code: f"{host} {code}",
    )
    return course.follow(), hosts.done


def test_all_must_end_well() -> None:
    assert follow(Line("algo-2", ""), Ended("algo-2", 0), Ended("algo-1", 0)) == (End("Completed", "Completed"), [])


def test_first_failure_is_the_reason_and_stops_the_others() -> None:
    end, done = follow(Ended("algo-2", 3), then=(Ended("algo-1", 143),))
    assert end == End("Failed", "Failed", "algo-2 3")
    assert done == ["Failed", "terminate"]


@pytest.mark.parametrize(
    ("asked", "end"),
    [(StopAsked(), End("Stopped", "Stopped")), (StopAsked("no data"), End("Failed", "Failed", "no data"))],
)
def test_stop_may_have_a_reason(asked: StopAsked, end: End) -> None:
    stopped = (Ended("algo-1", 0), Ended("algo-2", 143))
    assert follow(asked, then=stopped) == (end, [end.secondary_status, "terminate"])


def test_time_limit_then_grace_then_kill() -> None:
    killed = (Ended("algo-1", 137), Ended("algo-2", 137))
    end, done = follow(at_kill=killed, max_runtime=0.05)
    assert end == End("Stopped", "MaxRuntimeExceeded")
    assert done == ["MaxRuntimeExceeded", "terminate", "kill"]


def test_kill_does_not_wait_for_the_grace() -> None:
    killed = (Ended("algo-1", 137), Ended("algo-2", 137))
    assert follow(StopAsked(), KillAsked(), at_kill=killed)[1] == ["Stopped", "terminate", "kill"]


def test_hosts_have_what_is_pretended() -> None:
    assert {"all_ended", "terminate", "kill"} <= set(dir(Hosts))
