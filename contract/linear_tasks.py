"""What Linear Learner learns, and by which losses: the words of its hyperparameters, and of its model.json.

Source: SageMaker developer guide, "Linear Learner Hyperparameters".
"""

from __future__ import annotations

from collections.abc import Mapping

REGRESSOR, BINARY, MULTICLASS = "regressor", "binary_classifier", "multiclass_classifier"
LOSSES: Mapping[str, tuple[str, ...]] = {
    REGRESSOR: (
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
    BINARY: ("logistic", "hinge_loss"),
    MULTICLASS: ("softmax_loss",),
}
"""Predictor type -> its losses; the first is its `auto`."""
