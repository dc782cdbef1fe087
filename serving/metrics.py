"""What an endpoint counts: requests by route and status, seconds by phase, requests in progress.

The numbers lie in memory that all processes share, made before they fork. Each worker adds to a slot of its own, so
nothing is locked and nothing is lost when a worker dies: its successor goes on in the slot. A request costs a few
microseconds; serving/exposition.py makes text of it where someone asks.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from serving.answers import Timings

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds in seconds; one more bucket holds what takes longer."""
PHASES = ("read", "wait", "decode", "predict", "encode")
"""Of an invocation: its body arrives; it waits for its turn; and the three in which the service answers."""
STATUSES = (200, 400, 404, 405, 406, 408, 409, 413, 414, 415, 417, 431, 500, 501, 503, 507)
"""Each is counted by itself, any other together."""
OTHER = "other"
_BYTES = 8
_HISTOGRAM = len(BUCKETS) + 2
"""Cells of a histogram: one a bucket, those beyond the last, the sum."""


class Metrics:
    """Counts of `slots` processes. `routes` are the paths that requests are counted by, "other" for the rest."""

    def __init__(self, routes: Sequence[str] = (), slots: int = 1) -> None:
        self.routes = (*dict.fromkeys(routes), OTHER)
        self._slots = slots
        self._route = {path: place * (len(STATUSES) + 1) for place, path in enumerate(self.routes)}
        self._status = {status: place for place, status in enumerate(STATUSES)}
        self._phases = len(self.routes) * (len(STATUSES) + 1)
        self._active = self._phases + len(PHASES) * _HISTOGRAM
        self._size = self._active + 1
        self._cells = memoryview(mmap.mmap(-1, slots * self._size * _BYTES)).cast("d")
        self._own = 0

    def take(self, slot: int) -> None:
        """Count in this slot from now on; whoever counted there before is gone, and its open requests with it."""
        self._own = slot * self._size
        self._cells[self._own + self._active] = 0

    def began(self) -> None:
        self._cells[self._own + self._active] += 1

    def refused(self, status: int) -> None:
        """A request that reached no route."""
        self.began()
        self.ended(OTHER, status)

    def ended(self, route: str, status: int) -> None:
        cells, own = self._cells, self._own
        cells[own + self._active] -= 1
        cells[own + self._route.get(route, self._route[OTHER]) + self._status.get(status, len(STATUSES))] += 1

    def invoked(self, read: float, answered: float, timings: Timings | None) -> None:
        """Seconds that a body took to arrive, and then its answer; what the service did not spend was waiting."""
        known = timings or Timings(0.0, answered, 0.0)
        for place, seconds in enumerate((read, max(0.0, answered - sum(known)), *known)):
            histogram = self._own + self._phases + place * _HISTOGRAM
            self._cells[histogram + bisect_left(BUCKETS, seconds)] += 1
            self._cells[histogram + _HISTOGRAM - 1] += seconds

    def requests(self) -> Iterator[tuple[str, str, float]]:
        """(route, status, count) of everything that was counted."""
        for route, start in self._route.items():
            for place, status in enumerate((*map(str, STATUSES), OTHER)):
                if count := self._sum(start + place):
                    yield route, status, count

    def seconds(self) -> Iterator[tuple[str, list[float], float]]:
        """(phase, count of each bucket and of those beyond, sum of seconds)."""
        for place, phase in enumerate(PHASES):
            start = self._phases + place * _HISTOGRAM
            *counts, total = (self._sum(start + cell) for cell in range(_HISTOGRAM))
            yield phase, counts, total

    def active(self) -> float:
        return self._sum(self._active)

    def _sum(self, cell: int) -> float:
        return sum(self._cells[slot * self._size + cell] for slot in range(self._slots))
