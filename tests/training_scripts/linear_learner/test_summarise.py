"""What the report shows of a fit."""

from __future__ import annotations

import numpy as np

from tests.training_scripts.linear_learner.conftest import BINARY, REGRESSOR


def test_the_report_shows_it(bench, two):
    bench.rows("train", two())
    bench.rows("validation", two(200, seed=1))
    summary = bench.fit(BINARY).summary
    assert summary.title == "Linear Learner, binary_classifier, logistic"
    assert summary.confusion.channel == "validation"
    assert np.array(summary.confusion.counts).sum() == 200
    assert summary.importances["f0"] > 5 * summary.importances["f2"]
    assert [(each.name, each.rows, each.columns) for each in summary.channels] == [
        ("train", 600, 4),
        ("validation", 200, 4),
    ]
    assert summary.directions["binary_classification_accuracy"] == "Maximize"
    assert summary.directions["binary_classification_cross_entropy_objective"] == "Minimize"


def test_the_report_shows_numbers_in_their_own_units(bench, numbers):
    rows = numbers()
    bench.rows("train", rows)
    found = bench.fit(REGRESSOR).summary.residuals
    np.testing.assert_allclose(np.sort(found.actual), np.sort(rows[:, 0]), rtol=1e-4)
    assert np.abs(found.actual - found.predicted).mean() < 1
