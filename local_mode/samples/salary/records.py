"""35 salaries, made here from a seed: no real ones, but with the line and the scatter of a course's data set.

Least squares on all rows give that line and that share of explained variance, to the rounding of a cent.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Doubles: TypeAlias = NDArray[np.float64]

ROWS = 35
SLOPE, INTERCEPT = 8731.94, 28859.53
"""Of the least-squares line, in a currency's units a year of experience, and at none."""
R2 = 0.9652
SEED = 20261129
_FEWEST_YEARS, _MOST_YEARS = 0.5, 13.5


def make() -> tuple[Doubles, Doubles]:
    """Years of experience, to the tenth and ascending, and salaries, to the cent: (35,) each, always the same."""
    random = np.random.default_rng(SEED)
    years = np.sort(random.uniform(_FEWEST_YEARS, _MOST_YEARS, ROWS)).round(1)
    explained = SLOPE * (years - years.mean())
    # What a line could explain of the scatter is taken from it: then the line is exactly the one above.
    scatter = random.normal(size=ROWS)
    basis = np.column_stack((years, np.ones(ROWS)))
    scatter -= basis @ np.linalg.lstsq(basis, scatter, rcond=None)[0]
    scatter *= np.sqrt((explained @ explained) * (1 / R2 - 1) / (scatter @ scatter))
    return years, (SLOPE * years + INTERCEPT + scatter).round(2)
