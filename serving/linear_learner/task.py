"""What a linear model predicts, and how its sums become the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.errors import show
from contract.linear_tasks import BINARY, LOSSES, MULTICLASS, REGRESSOR
from serving import model
from serving.answers import Columns
from serving.linear import Sums, rounded


@dataclass(frozen=True)
class Task:
    """`threshold` is the least score that is labelled 1, for binary classifiers alone."""

    predictor_type: str
    loss: str
    threshold: float = math.nan

    def columns(self, sums: Sums) -> Columns:
        """The answer's columns of `sums` (rows, outputs): `score`, and of classifiers `predicted_label`.

        The score of a class is its probability, with hinge_loss the sum itself. A label is decided by the scores as
        they are answered, so that whoever compares them again comes to the same one.
        """
        if self.predictor_type == REGRESSOR:
            return {"score": rounded(sums[:, 0])}
        if self.predictor_type == BINARY:
            score = rounded(sums[:, 0] if self.loss == "hinge_loss" else _logistic(sums[:, 0]))
            label = (score.astype(np.float64) >= self.threshold).astype(np.int64)
            return {"score": score, "predicted_label": label}
        scores = rounded(_softmax(sums))
        return {"score": scores, "predicted_label": scores.argmax(axis=1)}

    def check(self, outputs: int) -> None:
        """Raises UserError where the model has not as many outputs as the task needs, or the task is none."""
        if self.predictor_type not in LOSSES:
            raise model.bad(f"predictor_type is {show(self.predictor_type)}; expected one of {', '.join(LOSSES)}")
        if self.loss not in LOSSES[self.predictor_type]:
            accepted = ", ".join(LOSSES[self.predictor_type])
            raise model.bad(f"loss is {show(self.loss)}; expected of a {self.predictor_type}: {accepted}")
        if self.predictor_type == BINARY and not math.isfinite(self.threshold):
            raise model.bad(f"threshold is {self.threshold}; expected a finite number")
        if (outputs > 1) != (self.predictor_type == MULTICLASS):
            wanted = "2 and up" if self.predictor_type == MULTICLASS else "1"
            raise model.bad(f"the model has {outputs} outputs; expected of a {self.predictor_type}: {wanted}")


def of_details(details: Mapping[str, Any]) -> Task:
    """As model.json tells it. Raises UserError for an entry that is missing or of another kind."""
    texts = [details.get(name) for name in ("predictor_type", "loss")]
    threshold = details.get("threshold")
    if threshold is None:  # only a binary classifier has one
        threshold = math.nan
    if not all(isinstance(text, str) for text in texts) or type(threshold) not in (int, float):
        shown = {name: details.get(name) for name in ("predictor_type", "loss", "threshold")}
        raise model.bad(f"model.json has the details {show(shown)}; expected two texts and a number")
    predictor_type, loss = map(str, texts)
    return Task(predictor_type, loss, float(threshold))


def _logistic(sums: Sums) -> Sums:
    with np.errstate(over="ignore"):  # infinity in the denominator is a probability of 0
        probabilities: Sums = 1 / (1 + np.exp(-np.ascontiguousarray(sums)))
    return probabilities


def _softmax(sums: Sums) -> Sums:
    weights = np.exp(sums - sums.max(axis=1, keepdims=True))
    # accumulate adds in order, which sum does not promise: a row's answer depends on that row alone.
    totals: Sums = np.add.accumulate(weights, axis=1)[:, -1:]
    probabilities: Sums = weights / totals
    return probabilities
