"""AUC and confusion matrix against their definitions, errors of numbers against scikit-learn."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import sklearn.metrics

from local_mode.scores import accuracy, auc, confusion, mae, r2, rmse


@pytest.mark.parametrize("seed", range(20))
def test_auc_is_the_share_of_pairs_in_order(seed: int) -> None:
    source = random.Random(seed)
    labels = [0, 1, *(source.randint(0, 1) for _ in range(30))]
    scores = [source.randint(0, 5) / 5 for _ in labels]
    ones = [score for label, score in zip(labels, scores, strict=True) if label]
    zeros = [score for label, score in zip(labels, scores, strict=True) if not label]
    pairs = [1.0 if one > zero else 0.5 if one == zero else 0.0 for one, zero in itertools.product(ones, zeros)]
    assert auc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))


def test_auc_needs_both_classes() -> None:
    with pytest.raises(ValueError, match="both classes"):
        auc([1, 1], [0.1, 0.2])


def test_confusion_counts_true_by_predicted() -> None:
    assert confusion([0, 0, 1, 1, 1], [0.1, 0.9, 0.5, 0.6, 0.7]) == [[1, 1], [1, 2]]


def test_errors_of_numbers() -> None:
    source = np.random.default_rng(1)
    true, predicted = source.normal(5, 2, (2, 50))
    assert rmse(true, predicted) == pytest.approx(sklearn.metrics.root_mean_squared_error(true, predicted))
    assert mae(true, predicted) == pytest.approx(sklearn.metrics.mean_absolute_error(true, predicted))
    assert r2(true, predicted) == pytest.approx(sklearn.metrics.r2_score(true, predicted))


def test_accuracy_is_the_share_that_is_right() -> None:
    assert accuracy([3, 1, 2, 0], [3.0, 1.0, 1.0, 0.0]) == 0.75


def test_values_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        rmse([1, 2], [[1], [2]])
