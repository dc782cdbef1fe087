"""How good predictions are: the scores of a binary classifier, numbers, classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def auc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Area under the ROC curve of labels 0 and 1: the share of (1, 0) pairs in the right order, a tie half right.

    Raises ValueError where a class has no row.
    """
    positive = sum(labels)
    negative = len(labels) - positive
    if not positive or not negative:
        raise ValueError("the area under the ROC curve needs rows of both classes")
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        # Rows with one score share the mean of their ranks, which count from 1.
        ranks += (start + 1 + end) / 2 * sum(labels[row] for row in order[start:end])
        start = end
    return (ranks - positive * (positive + 1) / 2) / (positive * negative)


def confusion(labels: Sequence[int], scores: Sequence[float], threshold: float = 0.5) -> list[list[int]]:
    """`[true][predicted]` counts of classes 0 and 1; a score above the threshold predicts 1."""
    counts = [[0, 0], [0, 0]]
    for label, score in zip(labels, scores, strict=True):
        counts[label][score > threshold] += 1
    return counts


def rmse(true: ArrayLike, predicted: ArrayLike) -> float:
    """The root of the mean squared error, in the values' own units."""
    return float(np.sqrt(np.mean(_errors(true, predicted) ** 2)))


def mae(true: ArrayLike, predicted: ArrayLike) -> float:
    """The mean absolute error, in the values' own units."""
    return float(np.mean(np.abs(_errors(true, predicted))))


def r2(true: ArrayLike, predicted: ArrayLike) -> float:
    """The share of the variance of the true values that the predictions explain: 1 at best, 0 for their mean."""
    return 1 - float(np.mean(_errors(true, predicted) ** 2) / np.var(np.asarray(true, np.float64)))


def accuracy(true: ArrayLike, predicted: ArrayLike) -> float:
    """The share of classes that are predicted right."""
    return float(np.mean(_errors(true, predicted) == 0))


def _errors(true: ArrayLike, predicted: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    given = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if given[0].shape != given[1].shape:
        raise ValueError(f"{given[0].shape} true values and {given[1].shape} predictions do not belong together")
    return given[1] - given[0]
