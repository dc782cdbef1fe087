"""Whether memory grows: what a server holds while it is idle, sample after sample, in one figure."""

from __future__ import annotations

from collections.abc import Sequence

LIMIT = 0.05
"""Growth from which it is a leak."""


def growth(held: Sequence[int]) -> float:
    """The part by which the least of the last third lies above that of the second; in the first a server settles."""
    third = len(held) // 3
    settled, last = min(held[third:-third]), min(held[-third:])
    return (last - settled) / settled
