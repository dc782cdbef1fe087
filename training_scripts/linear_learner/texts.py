"""Hyperparameters written in a form of their own. Each reader raises ValueError saying what is wrong with its text."""

from __future__ import annotations

from contract.hyperparameter_values import Bounds, Kind, convert

ACCURACY = "accuracy"
F_BETA = "f_beta"
PRECISION = "precision_at_target_recall"
RECALL = "recall_at_target_precision"
LOSS = "loss_function"
CRITERIA = (ACCURACY, F_BETA, PRECISION, RECALL, LOSS)
CRITERIA_FORM = "one of " + ", ".join(map(repr, CRITERIA))
_FORMER_NAMES = {"f1": F_BETA, "cross_entropy_loss": LOSS}

BALANCED = "balanced"
AUTO = "auto"
WEIGHT_FORM = f"{BALANCED!r}, {AUTO!r}, or number, above 0"


def read_criteria(text: str) -> str:
    """The criterion under its present name: the SDK still sends `f1` and `cross_entropy_loss`."""
    name = _FORMER_NAMES.get(text, text)
    if name not in CRITERIA:
        raise ValueError("is not accepted")
    return name


def read_weight(text: str) -> str:
    """`balanced`, `auto`, or the text of a finite number above 0, which it stays."""
    if text not in (BALANCED, AUTO):
        try:
            convert(text, Kind(float, bounds=Bounds(above=0)))
        except ValueError:
            raise ValueError("is none of these") from None
    return text
