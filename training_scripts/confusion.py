"""Scores of predicted classes, from sums over the rows, so that the hosts of a job can add theirs up.

A ratio without a denominator (the precision of a class never predicted) is 0.
Formulas: scikit-learn's user guide, "Metrics and scoring".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def counts(
    truth: NDArray[Any], predicted: NDArray[np.integer[Any]], weights: NDArray[np.float32] | None, classes: int
) -> Doubles:
    """(classes, classes): rows, or their weight, of true class i predicted as class j; classes are whole numbers."""
    cells = truth.astype(np.int64) * classes + predicted
    sums = np.bincount(cells, weights=weights, minlength=classes * classes)
    return sums.astype(np.float64).reshape(classes, classes)


@dataclass(frozen=True)
class Tally:
    """Of each class, shapes (classes,): rows predicted as it that are of it, rows predicted as it, rows of it."""

    hits: Doubles
    predicted: Doubles
    actual: Doubles

    @classmethod
    def of_counts(cls, table: Doubles) -> Tally:
        return cls(np.diag(table), table.sum(axis=0), table.sum(axis=1))

    @classmethod
    def of_rows(cls, truth: NDArray[Any], predicted: NDArray[np.integer[Any]], classes: int) -> Tally:
        """Without the table, which many classes would make too large."""
        true = truth.astype(np.int64)
        parts = (true[true == predicted], predicted, true)
        return cls(*(np.bincount(part, minlength=classes).astype(np.float64) for part in parts))


def recalls(tally: Tally) -> Doubles:
    """Of each class (classes,): the share of its rows that is found."""
    return _ratio(tally.hits, tally.actual)


def precisions(tally: Tally) -> Doubles:
    """Of each class (classes,): the share of what is predicted as it that is right."""
    return _ratio(tally.hits, tally.predicted)


def f_scores(tally: Tally, beta: float = 1.0) -> Doubles:
    """Of each class (classes,): the harmonic mean of both, in which recall weighs `beta` squared."""
    square = beta * beta
    return _ratio((1 + square) * tally.hits, tally.predicted + square * tally.actual)


def accuracy(tally: Tally) -> float:
    return float(tally.hits.sum() / tally.actual.sum())


def balanced_accuracy(tally: Tally) -> float:
    """The mean recall of the classes that are in the labels."""
    return float(recalls(tally)[tally.actual > 0].mean())


def macro(scores: Callable[[Tally], Doubles]) -> Callable[[Tally], float]:
    """The mean over the classes that are in the labels or the predictions."""
    return lambda tally: float(scores(tally)[tally.predicted + tally.actual > 0].mean())


def of_class_1(scores: Callable[[Tally], Doubles]) -> Callable[[Tally], float]:
    """The score of class 1, of two classes that which is looked for."""
    return lambda tally: float(scores(tally)[1])


def _ratio(above: Doubles, below: Doubles) -> Doubles:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
