"""How good the scores of a binary classifier are."""

from __future__ import annotations

from collections.abc import Sequence


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
