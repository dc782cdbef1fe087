"""Weights of classes, and of rows."""

from __future__ import annotations

import numpy as np
import pytest

from contract.hyperparameters import parse
from training_scripts.linear_learner import weighting
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.task import task_of

LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1], dtype=np.float32)


def weights_of(raw: dict[str, str], labels: np.ndarray = LABELS) -> list[float] | None:
    values = parse(Hyperparameters, {"predictor_type": "binary_classifier"} | raw)
    task = task_of(values)
    found = weighting.of_classes(values, task, weighting.counts(labels, task, Group()))
    return None if found is None else found.tolist()


@pytest.mark.parametrize(
    ("weight", "expected"), [("1.0", None), ("1", None), ("2.5", [1, 2.5]), ("balanced", [1, 3]), ("0.1", [1, 0.1])]
)
def test_of_class_1(weight: str, expected: list[float] | None) -> None:
    assert weights_of({"positive_example_weight_mult": weight}) == expected


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_nothing_to_balance(label: int) -> None:
    assert weights_of({"positive_example_weight_mult": "balanced"}, np.full(5, label, dtype=np.float32)) is None


def test_balanced_classes_weigh_the_same_in_sum() -> None:
    raw = {"predictor_type": "multiclass_classifier", "num_classes": "4", "balance_multiclass_weights": "true"}
    labels = np.array([0] * 6 + [1] * 3 + [2], dtype=np.float32)  # the last class has no rows
    found = weights_of(raw, labels)
    assert found is not None
    sums = np.array(found)[:3] * [6, 3, 1]
    np.testing.assert_allclose(sums, sums[0])


def test_a_class_without_rows_weighs_as_rows_do_on_the_average() -> None:
    raw = {"predictor_type": "multiclass_classifier", "num_classes": "4", "balance_multiclass_weights": "true"}
    labels = np.array([0] * 600 + [1] * 300 + [2] * 100, dtype=np.float32)
    found = weights_of(raw, labels)
    assert found is not None
    assert found[3] == 1
    assert np.array(found)[labels.astype(int)].mean() == pytest.approx(1)


def test_rows_weigh_by_their_class() -> None:
    found = weighting.of_rows(LABELS, np.array([1.0, 3.0]))
    assert found is not None
    assert found.dtype == np.float32
    assert found.tolist() == [1, 1, 1, 1, 1, 1, 3, 3]
    assert weighting.of_rows(LABELS, None) is None


def test_trials_are_of_no_weight_the_balance_and_between() -> None:
    assert weighting.candidates(np.array([800.0, 50.0])) == (1.0, 4.0, 16.0)
    assert weighting.candidates(np.array([5.0, 5.0])) == (1.0,)
    assert weighting.candidates(np.array([5.0, 0.0])) == (1.0,)
