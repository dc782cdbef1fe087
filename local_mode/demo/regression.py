"""What the demos of linear regression share: least squares, an endpoint's scores, and how good either is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from local_mode import scores
from local_mode.demo.show import Show
from local_mode.endpoint import Endpoint

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """Errors in the label's own units, and the share of its variance that is explained."""

    rmse: float
    mae: float
    r2: float

    @classmethod
    def of(cls, true: Doubles, predicted: Doubles) -> Self:
        return cls(scores.rmse(true, predicted), scores.mae(true, predicted), scores.r2(true, predicted))

    def cells(self) -> tuple[str, str, str]:
        return f"{self.rmse:,.2f}", f"{self.mae:,.2f}", f"{self.r2:.4f}"


def least_squares(features: Doubles, label: Doubles) -> Doubles:
    """The weights (features,) and, last, the intercept that minimise the squared error."""
    return np.asarray(np.linalg.lstsq(_with_ones(features), label, rcond=None)[0], np.float64)


def least_deviations(feature: Doubles, label: Doubles) -> tuple[float, float]:
    """Slope and intercept of the line that minimises the absolute error: the best of those through two of the points.

    Source: Bloomfield and Steiger, "Least Absolute Deviations" (1983).
    """
    one, other = np.triu_indices(len(feature), 1)
    apart = feature[one] != feature[other]
    one, other = one[apart], other[apart]
    slopes = (label[other] - label[one]) / (feature[other] - feature[one])
    intercepts = label[one] - slopes * feature[one]
    best = np.abs(label[:, None] - slopes * feature[:, None] - intercepts).sum(axis=0).argmin()
    return float(slopes[best]), float(intercepts[best])


def predict(weights: Doubles, features: Doubles) -> Doubles:
    """What `least_squares` predicts of `features` (rows, features)."""
    predicted: Doubles = _with_ones(features) @ weights
    return predicted


def ask(endpoint: Endpoint, features: Doubles) -> Doubles:
    """The endpoint's scores (rows,) of `features` (rows, features): text/csv there, JSON back."""
    answer = endpoint.invoke(lines(features), content_type="text/csv")
    return np.array([float(prediction["score"]) for prediction in json.loads(answer.body)["predictions"]])


def lines(table: Doubles) -> str:
    """The rows of `table` as csv."""
    return "".join(",".join(map(repr, row)) + "\n" for row in table.tolist())


def table(show: Show, rows: Iterable[tuple[str, Quality]]) -> None:
    headings: Sequence[str] = ("", "RMSE", "MAE", "R2")
    show.table(headings, [(name, *quality.cells()) for name, quality in rows])


def _with_ones(features: Doubles) -> Doubles:
    return np.column_stack((features, np.ones(len(features))))
