"""The score from which on a row is of class 1, chosen so that a criterion is best on rows of known class.

Only the scores of rows of class 1 can be the lowest that is still accepted: to accept anything between two of them
would but accept more rows of class 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner import texts
from training_scripts.linear_learner.plan import Doubles

MISSED = -1.0
"""What a threshold that misses its target is worth, less by how much it does: any that meets it is worth more."""
_MOST_TIES = 1000


@dataclass(frozen=True)
class Criterion:
    """`name` is binary_classifier_model_selection_criteria; the others are the hyperparameters of their names."""

    name: str
    target_recall: float = 0.8
    target_precision: float = 0.8
    f_beta: float = 1.0

    def worth(self, hits: Doubles, accepted: Doubles, positives: float, rows: float) -> Doubles:
        """How good it is to accept `accepted` of `rows` rows, `hits` of them being of class 1, as `positives` are."""
        if self.name == texts.ACCURACY:
            return (rows - positives - accepted + 2 * hits) / rows
        recall = hits / max(positives, 1.0)
        precision = np.divide(hits, accepted, out=np.zeros_like(hits), where=accepted > 0)
        if self.name == texts.F_BETA:
            square = self.f_beta**2
            return np.asarray((1 + square) * hits / np.maximum(accepted + square * positives, 1e-300))
        if self.name == texts.PRECISION:
            return np.where(recall >= self.target_recall, precision, MISSED + recall)
        return np.where(precision >= self.target_precision, recall, MISSED + precision)


@dataclass(frozen=True)
class _Curve:
    """What each threshold would do. `lowest` are the candidates, distinct scores of class 1, ascending; `values` (one
    more) what they are worth, the last of accepting nothing. `others` are the scores of class 0, ascending."""

    lowest: Floats
    others: Floats
    values: Doubles


def value(scores: Floats, labels: Floats, criterion: Criterion) -> float:
    """What the best threshold on `scores` (rows,) of rows with `labels` (rows,), 0 or 1, is worth."""
    return float(_curve(scores, labels, criterion).values.max())


def best(
    scores: Floats, labels: Floats, criterion: Criterion, *, natural: float, ends: tuple[float, float] | None = None
) -> float:
    """The best threshold on the same, a number of float32: scores from it on are of class 1.

    It lies in the middle between the lowest score that it accepts and the next lower one. Among equally good ones it is
    that nearest to `natural`. `ends` are the least and the largest score there can be, None where there is no such.
    """
    curve = _curve(scores, labels, criterion)
    if ends is None or scores.max() >= ends[1]:
        ends = (float(scores.min()) - 1, float(scores.max()) + 1)
    equal = np.flatnonzero(curve.values == curve.values.max())
    # Ties without number are ties of scores that tell nothing: some of them will do.
    candidates = [_between(curve, int(place), ends) for place in equal[:: max(1, len(equal) // _MOST_TIES)]]
    return min(candidates, key=lambda candidate: abs(candidate - natural))


def _curve(scores: Floats, labels: Floats, criterion: Criterion) -> _Curve:
    positive = labels > 0
    found, others = np.sort(scores[positive]), np.sort(scores[~positive])
    first = np.flatnonzero(np.diff(found, prepend=np.float32(-np.inf)) > 0)
    lowest = found[first]
    hits = np.append(len(found) - first, 0).astype(np.float64)
    wrong = np.append(len(others) - np.searchsorted(others, lowest), 0)
    values = criterion.worth(hits, hits + wrong, float(len(found)), float(max(1, len(scores))))
    return _Curve(lowest, others, values)


def _between(curve: _Curve, place: int, ends: tuple[float, float]) -> float:
    """The threshold that accepts the score `lowest[place]`, and none where there is none at that place."""
    upper = np.float32(ends[1]) if place == len(curve.lowest) else curve.lowest[place]
    below = [np.float32(ends[0])]
    if place:
        below.append(curve.lowest[place - 1])
    if lower := int(np.searchsorted(curve.others, upper)):
        below.append(curve.others[lower - 1])
    under = max(below)
    middle = np.float32((float(upper) + float(under)) / 2)
    return float(upper if middle <= under else middle)
