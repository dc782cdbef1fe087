"""The lines that the demos compare with are the best of their kind."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import QuantileRegressor

from local_mode.demo import regression
from local_mode.samples.salary import records


def test_no_line_deviates_less_than_that_of_least_deviations() -> None:
    years, salaries = records.make()
    slope, intercept = regression.least_deviations(years, salaries)
    median = QuantileRegressor(quantile=0.5, alpha=0).fit(years[:, None], salaries)
    assert np.abs(salaries - slope * years - intercept).sum() == pytest.approx(
        np.abs(salaries - median.predict(years[:, None])).sum(), rel=1e-9
    )
