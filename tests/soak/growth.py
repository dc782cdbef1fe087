"""Whether memory grows: what a server holds, sample after sample, in one figure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

FIFTHS = 5
LIMIT = 0.05
"""Growth from which it is a leak."""
SETTLED_SECONDS = 100
"""How long a soak lasts at least whose allocators have taken all that they need before its last two thirds."""


def growth(held: Sequence[int]) -> float:
    """The part by which the floor of each fifth lies above the one before, typically, for all after the first.

    The floor is what is held between the large requests: these come and go, and what is kept of them stays. A leak
    raises it in every fifth; an allocator that takes its last arena does so in one, and that is not held against it.
    """
    floors = _floors(held, FIFTHS)[1:]
    return statistics.median(after - before for before, after in pairwise(floors)) * (FIFTHS - 2) / floors[0]


def late_growth(held: Sequence[int]) -> float:
    """The part by which the floor of the last third lies above that of the second: here every step counts, so it is
    for a soak that takes `SETTLED_SECONDS`."""
    _, settled, last = _floors(held, 3)
    return (last - settled) / settled


def _floors(held: Sequence[int], parts: int) -> list[int]:
    """The least of each part; what is left over belongs to the last one."""
    length = len(held) // parts
    cuts = [*range(0, parts * length, length), len(held)]
    return [min(held[start:stop]) for start, stop in pairwise(cuts)]
