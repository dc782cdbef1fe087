"""The threshold against trying every one there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training_scripts.linear_learner import thresholds
from training_scripts.linear_learner.thresholds import Criterion

NAMES = ("accuracy", "f_beta", "precision_at_target_recall", "recall_at_target_precision")
ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=30)


def floats(values: object) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def worth_of(threshold: float, scores: np.ndarray, labels: np.ndarray, criterion: Criterion) -> float:
    """By counting, as a reader of the documents would."""
    accepted = scores >= np.float32(threshold)
    hits = float((accepted & (labels == 1)).sum())
    precision = hits / float(accepted.sum()) if accepted.any() else 0.0
    recall = hits / max(1.0, float(labels.sum()))
    if criterion.name == "accuracy":
        return float((accepted == (labels == 1)).mean())
    if criterion.name == "f_beta":
        square = criterion.f_beta**2
        below = square * precision + recall
        return (1 + square) * precision * recall / below if below else 0.0
    if criterion.name == "precision_at_target_recall":
        return precision if recall >= criterion.target_recall else recall - 1
    return recall if precision >= criterion.target_precision else precision - 1


@pytest.mark.parametrize("name", NAMES)
@given(rows=ROWS, beta=st.sampled_from([0.5, 1.0, 2.0]), target=st.sampled_from([0.3, 0.5, 0.8]))
@settings(max_examples=60, deadline=None)
def test_no_other_threshold_is_better(name: str, rows: list[tuple[int, bool]], beta: float, target: float) -> None:
    scores, labels = floats([place / 8 for place, _ in rows]), floats([label for _, label in rows])
    criterion = Criterion(name, target, target, beta)
    found = thresholds.best(scores, labels, criterion, natural=0.5, ends=(0.0, 1.0))
    every = [worth_of(place / 16, scores, labels, criterion) for place in range(-1, 20)]
    assert worth_of(found, scores, labels, criterion) == pytest.approx(max(every), abs=1e-12)
    assert thresholds.value(scores, labels, criterion) == pytest.approx(max(every), abs=1e-12)


def test_it_lies_between_the_scores_that_it_parts() -> None:
    scores, labels = floats([0.1, 0.2, 0.7, 0.9]), floats([0, 0, 1, 1])
    assert thresholds.best(scores, labels, Criterion("accuracy"), natural=0.5) == pytest.approx(0.45)


def test_of_equally_good_ones_it_takes_that_nearest_to_the_natural_one() -> None:
    scores, labels = floats([0.1, 0.2, 0.3, 0.6, 0.7, 0.8]), floats([0, 1, 0, 1, 0, 1])
    found = thresholds.best(scores, labels, Criterion("accuracy"), natural=0.5, ends=(0.0, 1.0))
    assert found == pytest.approx(0.45)


def test_it_accepts_the_score_that_it_was_made_for_where_scores_are_neighbours() -> None:
    upper = np.float32(0.5)
    lower = np.nextafter(upper, np.float32(0))
    scores, labels = floats([lower, upper]), floats([0, 1])
    found = np.float32(thresholds.best(scores, labels, Criterion("accuracy"), natural=0.5, ends=(0.0, 1.0)))
    assert lower < found <= upper


@pytest.mark.parametrize("ends", [(0.0, 1.0), None])
def test_where_nothing_is_worth_accepting_it_accepts_nothing(ends: tuple[float, float] | None) -> None:
    scores, labels = floats([1.0, 1.0, 1.0, 0.2]), floats([0, 0, 1, 0])
    found = thresholds.best(scores, labels, Criterion("accuracy"), natural=0.5, ends=ends)
    assert not (scores >= np.float32(found)).any()


@pytest.mark.parametrize(("label", "accepted"), [(0, 0), (1, 3)])
def test_rows_of_one_class(label: int, accepted: int) -> None:
    scores, labels = floats([0.2, 0.4, 0.6]), floats([label] * 3)
    found = thresholds.best(scores, labels, Criterion("accuracy"), natural=0.5, ends=(0.0, 1.0))
    assert (scores >= np.float32(found)).sum() == accepted


def test_margins_may_be_below_zero() -> None:
    scores, labels = floats([-3, -2, -1]), floats([0, 1, 1])
    found = thresholds.best(scores, labels, Criterion("accuracy"), natural=0.0)
    assert -3 < found <= -2


def test_a_target_that_cannot_be_met_is_met_as_nearly_as_can_be() -> None:
    scores, labels = floats([0.9, 0.8, 0.7, 0.6]), floats([0, 1, 1, 0])
    criterion = Criterion("recall_at_target_precision", target_precision=0.9)
    found = thresholds.best(scores, labels, criterion, natural=0.5, ends=(0.0, 1.0))
    assert (scores >= np.float32(found)).sum() == 3  # two thirds of them right: more than one half
