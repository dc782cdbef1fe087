"""What the report shows of a fit."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy

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


def test_the_report_tells_by_what_the_model_was_chosen_and_from_what_score_a_label_is_1(bench, two):
    bench.rows("train", two())
    bench.rows("validation", two(200, seed=1))
    fitted = bench.fit(BINARY)
    choice, coefficients = fitted.summary.sections
    told = dict(choice.rows)
    assert told["chosen by"] == "sampled_accuracy on validation"
    chosen_by = fitted.summary.history["validation-sampled_accuracy"]
    assert f"{max(chosen_by):g}" == f"{chosen_by[int(told['in epoch'])]:g}" == told["its value"]
    assert float(told["label is 1 from a score of"]) == pytest.approx(fitted.details["threshold"], rel=1e-5)
    assert coefficients.rows[0][0] == "intercept"
    assert float(dict(coefficients.rows)["f0"]) > 0


def test_coefficients_are_those_that_are_saved(bench, numbers):
    rows = numbers()
    bench.rows("train", rows)
    fitted = bench.fit(REGRESSOR)
    choice, coefficients = fitted.summary.sections
    saved = safetensors.numpy.load(bench.saved(fitted, "model.safetensors"))
    told = {name: float(value) for name, value in coefficients.rows}
    assert told["intercept"] == pytest.approx(saved["bias"][0], rel=1e-4)
    for feature, weight in enumerate(saved["weights"][0]):
        assert told[f"f{feature}"] == pytest.approx(weight, rel=1e-4)
    assert "label is 1 from a score of" not in dict(choice.rows)
