"""Metrics of every round: XGBoost's own, and those that SageMaker's image adds to them.

What XGBoost has itself (rmse, mae, auc...) is XGBoost's own number, on predictions as they are served: on
probabilities, not on raw margins, for a logistic objective. The others are computed here from sums over the rows, so
that the hosts of a job can add theirs up. Rows count by their weight, as in XGBoost's own metrics. A ratio without a
denominator (the precision of a class never predicted) is 0.

Formulas: scikit-learn's user guide, "Metrics and scoring"; the predicted class is the one of the largest margin, with
two classes the one on the margin's side of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from contract.errors import UserError
from training_scripts import confusion
from training_scripts.confusion import Doubles, Tally

_OF_TALLY: Mapping[str, Callable[[Tally], float]] = {
    "accuracy": confusion.accuracy,
    "balanced_accuracy": confusion.balanced_accuracy,
    "f1": confusion.macro(confusion.f_scores),
    "f1_binary": confusion.of_class_1(confusion.f_scores),
    "f1_macro": confusion.macro(confusion.f_scores),
    "precision": confusion.of_class_1(confusion.precisions),
    "precision_macro": confusion.macro(confusion.precisions),
    "precision_micro": confusion.accuracy,
    "recall": confusion.of_class_1(confusion.recalls),
    "recall_macro": confusion.macro(confusion.recalls),
    "recall_micro": confusion.accuracy,
}


def _of_counts(score: Callable[[Tally], float]) -> Callable[[Doubles], float]:
    return lambda counts: score(Tally.of_counts(counts))


CLASSIFICATION: Mapping[str, Callable[[Doubles], float]] = {
    name: _of_counts(score) for name, score in _OF_TALLY.items()
}
"""Name -> its value from the confusion matrix (true class by predicted class, sums of weights)."""


def _mse(sums: Doubles) -> float:
    return float(sums[1] / sums[0])


def _r2(sums: Doubles) -> float:
    spread = sums[3] - sums[2] ** 2 / sums[0]
    return float(1 - sums[1] / spread) if spread > 0 else math.nan


REGRESSION: Mapping[str, Callable[[Doubles], float]] = {"mse": _mse, "r2": _r2}
"""Name -> its value from the sums over rows of: weight, weighted squared error, weighted label, weighted label
squared."""

OURS = frozenset((*CLASSIFICATION, *REGRESSION))


def check(names: Sequence[str], classes: int, *, several: str = "") -> None:
    """Raise UserError for a metric of classes where the objective has none, and for a metric of numbers where the
    model predicts `several` a row (says what: "several quantiles"; empty where it is one)."""
    for name in names:
        if name in REGRESSION and several:
            raise UserError(
                f"hyperparameter 'eval_metric': {name!r} needs one prediction a row, and this model gives {several}; "
                "use another metric, or leave it out for XGBoost's own"
            )
        if name in CLASSIFICATION and not classes:
            raise UserError(
                f"hyperparameter 'eval_metric': {name!r} counts classes, and the objective predicts none; "
                "use an objective binary:* or multi:*, or a metric of numbers such as 'rmse'"
            )


def evaluate(
    booster: xgboost.Booster,
    matrices: Sequence[tuple[xgboost.DMatrix, str]],
    step: int,
    names: Sequence[str],
    classes: int,
    total: Callable[[Doubles], Doubles],
) -> dict[str, float]:
    """{"train-rmse": value} of every metric on every matrix: XGBoost's own, then `names`. `total` adds up hosts."""
    native = _native(booster.eval_set(list(matrices), step))
    values: dict[str, float] = {}
    for matrix, channel in matrices:
        values |= {name: value for name, value in native.items() if name.startswith(channel + "-")}
        values |= {f"{channel}-{name}": value for name, value in _ours(booster, matrix, names, classes, total).items()}
    return values


def counts(truth: NDArray[Any], predicted: NDArray[Any], weights: NDArray[np.float32] | None, classes: int) -> Doubles:
    """(classes, classes): the weight, or the number, of rows of true class i predicted as class j."""
    return confusion.counts(true_classes(truth, classes), predicted, weights, classes)


def true_classes(truth: NDArray[Any], classes: int) -> NDArray[Any]:
    """The class of each label (rows,): a label of two classes may be a probability."""
    return truth > 0.5 if classes == 2 else truth


def predicted_classes(booster: xgboost.Booster, matrix: xgboost.DMatrix) -> NDArray[np.int64]:
    """(rows,): the class of each row."""
    margin = booster.predict(matrix, output_margin=True)
    return (margin > 0).astype(np.int64) if margin.ndim == 1 else margin.argmax(axis=1)


def _native(line: str) -> dict[str, float]:
    """{"train-rmse": 0.1} of `[0]<TAB>train-rmse:0.1`."""
    pairs = (cell.rpartition(":") for cell in line.split("\t")[1:])
    return {name: float(value) for name, _, value in pairs}


def _ours(
    booster: xgboost.Booster,
    matrix: xgboost.DMatrix,
    names: Sequence[str],
    classes: int,
    total: Callable[[Doubles], Doubles],
) -> dict[str, float]:
    counted = [name for name in names if name in CLASSIFICATION]
    summed = [name for name in names if name in REGRESSION]
    table = total(_table(booster, matrix, classes)) if counted else np.empty(0)
    sums = total(_sums(booster, matrix)) if summed else np.empty(0)
    return {name: CLASSIFICATION[name](table) if name in CLASSIFICATION else REGRESSION[name](sums) for name in names}


def _table(booster: xgboost.Booster, matrix: xgboost.DMatrix, classes: int) -> Doubles:
    return counts(matrix.get_label(), predicted_classes(booster, matrix), _weights(matrix), classes)


def _sums(booster: xgboost.Booster, matrix: xgboost.DMatrix) -> Doubles:
    predicted = booster.predict(matrix).astype(np.float64)
    label = matrix.get_label().astype(np.float64)
    weights = _weights(matrix)
    weight = np.ones_like(label) if weights is None else weights.astype(np.float64)
    terms = (weight, weight * (label - predicted) ** 2, weight * label, weight * label**2)
    return np.array([term.sum() for term in terms])


def _weights(matrix: xgboost.DMatrix) -> NDArray[np.float32] | None:
    weights: NDArray[np.float32] = matrix.get_weight()
    return weights if len(weights) else None
