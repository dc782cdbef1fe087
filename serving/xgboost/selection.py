"""Selectable inference: what each key of SAGEMAKER_INFERENCE_OUTPUT means for each objective.

| objective | keys that apply |
|---|---|
| binary:logistic | predicted_label, labels, probability, probabilities, raw_score, raw_scores |
| binary:logitraw, binary:hinge, multi:softmax | predicted_label, labels, raw_score, raw_scores |
| multi:softprob | predicted_label, labels, probability, probabilities, raw_score, raw_scores |
| every other | predicted_score (a list where the model has several outputs) |

predicted_label: probability above 0.5 (binary:logistic), margin above 0 (binary:logitraw), the most probable class
(multi:softprob), else the class predicted. probability: of class 1, or of the most probable class. raw_score: what
`Booster.predict` gives, of multi:softprob the largest. raw_scores: one score a class; of two classes 1 - raw_score and
raw_score, even for the margins of binary:logitraw, as SageMaker's own image has it; of multi:softmax the class alone. A
key that does not apply is null in JSON, an empty cell in csv, and left out of a recordio record.
Source: SageMaker's XGBoost, "selectable inference".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats

KEYS = ("predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores", "predicted_score")
_TWO_CLASSES = ("binary:logistic", "binary:logitraw", "binary:hinge")
_CLASSIFIERS = (*_TWO_CLASSES, "multi:softmax", "multi:softprob")


def select(key: str, scores: Floats, objective: str, classes: int) -> NDArray[Any] | None:
    """The column of one key; None where it does not apply. `scores` as `Booster.predict` gives them."""
    if objective not in _CLASSIFIERS:
        return scores if key == "predicted_score" else None
    match key:
        case "predicted_label":
            return _labels(scores, objective)
        case "labels":
            return np.tile(np.arange(classes, dtype=np.int64), (len(scores), 1))
        case "raw_score":
            return _largest(scores) if scores.ndim > 1 else scores
        case "raw_scores":
            return _over_classes(scores, objective)
        case "probability" if objective == "multi:softprob":
            return _largest(scores)
        case "probability" if objective == "binary:logistic":
            return scores
        case "probabilities" if objective in ("multi:softprob", "binary:logistic"):
            return _over_classes(scores, objective)
    return None


def applies(key: str, objective: str) -> bool:
    return select(key, np.zeros((1, 2) if objective == "multi:softprob" else 1, np.float32), objective, 2) is not None


def _labels(scores: Floats, objective: str) -> NDArray[np.int64]:
    if objective == "multi:softprob":
        best: NDArray[np.int64] = scores.argmax(axis=1)
        return best
    if objective in ("binary:logistic", "binary:logitraw"):
        return (scores > (0.5 if objective == "binary:logistic" else 0.0)).astype(np.int64)
    return scores.astype(np.int64)


def _largest(scores: Floats) -> Floats:
    largest: Floats = scores.max(axis=1)
    return largest


def _over_classes(scores: Floats, objective: str) -> Floats:
    if objective in _TWO_CLASSES:
        return np.stack([1 - scores, scores], axis=1)
    return scores if scores.ndim > 1 else scores[:, np.newaxis]
