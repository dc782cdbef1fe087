"""Whether memory grows: what a server holds, sample after sample, in one figure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

FIFTHS = 5
LIMIT = 0.05
"""Growth from which it is a leak."""


def growth(held: Sequence[int]) -> float:
    """The part by which the floor of each fifth lies above the one before, typically, for all after the first.

    The floor is what is held between the large requests: these come and go, and what is kept of them stays. A leak
    raises it in every fifth; an allocator that takes its last arena does so in one, and that is not held against it.
    """
    length = len(held) // FIFTHS
    floors = [min(held[place * length : (place + 1) * length]) for place in range(1, FIFTHS)]
    return statistics.median(after - before for before, after in pairwise(floors)) * (FIFTHS - 2) / floors[0]
