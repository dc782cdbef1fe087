"""Ends what waits for too long. Many wait, few too long: one look at all, now and then, in place of a timer each."""

from __future__ import annotations

from time import monotonic
from typing import TypeAlias

from gevent import get_hub
from greenlet import getcurrent, greenlet

Deadlines: TypeAlias = dict[greenlet, float]


class Patience:
    """The deadlines of one thread's greenlets. Whoever runs the thread calls `look` several times a second."""

    def __init__(self) -> None:
        self._deadlines: Deadlines = {}

    def limit(self, seconds: float) -> Limit:
        """Raises TimeoutError in the block where it waits past `seconds`; of nested limits the earliest counts."""
        return Limit(self._deadlines, seconds)

    def look(self) -> None:
        now, loop = monotonic(), get_hub().loop
        for waiting, deadline in self._deadlines.items():
            if deadline < now:
                loop.run_callback(self._end, waiting)

    def _end(self, waiting: greenlet) -> None:
        """In the hub, from where alone a greenlet may be thrown into; meanwhile it may have gone on."""
        now = monotonic()
        if self._deadlines.get(waiting, now) < now:
            waiting.throw(TimeoutError("this took too long"))


class Limit:
    """A context manager, written out: contextlib's costs three times as much."""

    __slots__ = ("_before", "_deadlines", "_me", "_seconds")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds

    def __enter__(self) -> None:
        self._me = getcurrent()
        self._before = self._deadlines.get(self._me)
        deadline = monotonic() + self._seconds
        self._deadlines[self._me] = deadline if self._before is None else min(deadline, self._before)

    def __exit__(self, *error: object) -> None:
        if self._before is None:
            del self._deadlines[self._me]
        else:
            self._deadlines[self._me] = self._before
