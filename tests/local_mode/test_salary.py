from __future__ import annotations

import numpy as np

from local_mode.samples.salary import records


def test_least_squares_give_the_line_that_is_promised() -> None:
    years, salaries = records.make()
    assert (years.shape, salaries.shape) == ((35,), (35,))
    slope, intercept = np.polyfit(years, salaries, 1)
    assert (round(slope, 1), round(intercept, 1)) == (8731.9, 28859.5)
    assert round(np.corrcoef(years, salaries)[0, 1] ** 2, 4) == 0.9652


def test_rows_are_always_the_same_and_could_be_salaries() -> None:
    years, salaries = records.make()
    again = records.make()
    assert (years.tolist(), salaries.tolist()) == (again[0].tolist(), again[1].tolist())
    assert (salaries > 20_000).all()
    assert sorted(years) == years.tolist() == years.round(1).tolist()
