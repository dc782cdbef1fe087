"""Rules that the numbers of a channel must keep, row by row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from contract.errors import UserError

Fits = Callable[[Floats], NDArray[np.bool_]]


def check(values: Floats, fits: Fits, rule: str, channel: str, before: int = 0) -> None:
    """Raise UserError naming the first of `values` (rows,) that does not fit, and how many do not.

    `rule` says in words what `fits` asks. `before`: rows of the channel that came earlier.
    """
    bad = np.flatnonzero(~fits(values))
    if len(bad):
        first = int(bad[0])
        raise UserError(
            f"{rule}; found {values[first]:g}" + (f" and {len(bad) - 1:,} more such rows" if len(bad) > 1 else ""),
            where=f"channel '{channel}', row {before + first + 1}",
        )
