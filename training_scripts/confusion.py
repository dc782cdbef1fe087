"""Scores of predicted classes, from sums over the rows, so that the hosts of a job can add theirs up.

`counts` everywhere: (classes, classes), how many rows, or how much weight, of true class i were predicted as class j. A
ratio without a denominator (the precision of a class never predicted) is 0.
Formulas: scikit-learn's user guide, "Metrics and scoring".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Scores = Callable[[Doubles], Doubles]


def counts(
    truth: NDArray[Any], predicted: NDArray[np.integer[Any]], weights: NDArray[np.float32] | None, classes: int
) -> Doubles:
    """The table of rows of true and predicted classes (rows,), whole numbers from 0."""
    cells = truth.astype(np.int64) * classes + predicted
    sums = np.bincount(cells, weights=weights, minlength=classes * classes)
    return sums.astype(np.float64).reshape(classes, classes)


def recalls(counts: Doubles) -> Doubles:
    """Of each class (classes,): the share of its rows that is found."""
    return ratio(np.diag(counts), counts.sum(axis=1))


def precisions(counts: Doubles) -> Doubles:
    """Of each class (classes,): the share of what is predicted as it that is right."""
    return ratio(np.diag(counts), counts.sum(axis=0))


def f_scores(counts: Doubles, beta: float = 1.0) -> Doubles:
    """Of each class (classes,): the weighted harmonic mean of both, recall `beta` times as heavy."""
    square = beta * beta
    return ratio((1 + square) * np.diag(counts), counts.sum(axis=0) + square * counts.sum(axis=1))


def accuracy(counts: Doubles) -> float:
    return float(np.trace(counts) / counts.sum())


def balanced_accuracy(counts: Doubles) -> float:
    """The mean recall of the classes that are in the labels."""
    return float(recalls(counts)[counts.sum(axis=1) > 0].mean())


def macro(scores: Scores) -> Callable[[Doubles], float]:
    """The mean over the classes that are in the labels or the predictions."""

    def mean(counts: Doubles) -> float:
        seen = counts.sum(axis=0) + counts.sum(axis=1) > 0
        return float(scores(counts)[seen].mean())

    return mean


def of_class_1(scores: Scores) -> Callable[[Doubles], float]:
    """The score of class 1, of two classes that which is looked for."""
    return lambda counts: float(scores(counts)[1])


def ratio(above: Doubles, below: Doubles) -> Doubles:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
