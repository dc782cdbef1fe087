"""Which hyperparameters go together, and what a task's loss is where none is named.

Source: SageMaker developer guide, "Linear Learner Hyperparameters".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from contract.errors import UserError, show
from contract.linear_tasks import BINARY, MULTICLASS, REGRESSOR
from contract.linear_tasks import LOSSES as LOSSES_OF
from training_scripts.linear_learner import texts

if TYPE_CHECKING:
    from training_scripts.linear_learner.hyperparameters import Hyperparameters

PREDICTOR_TYPES = (BINARY, MULTICLASS, REGRESSOR)
LOSSES = ("auto", *(loss for losses in LOSSES_OF.values() for loss in losses))
FEWEST_CLASSES = 3
_UNUSED: dict[str, tuple[str, Callable[[Hyperparameters], bool]]] = {
    "margin": ("it is for loss 'hinge_loss'", lambda values: values.loss == "hinge_loss"),
    "quantile": ("it is for loss 'quantile_loss'", lambda values: values.loss == "quantile_loss"),
    "loss_insensitivity": ("it is for the eps_insensitive losses", lambda values: values.loss.startswith("eps_")),
    "huber_delta": ("it is for loss 'huber_loss'", lambda values: values.loss == "huber_loss"),
    "num_classes": ("it is for multiclass_classifier", lambda values: values.predictor_type == MULTICLASS),
    "accuracy_top_k": ("it is for multiclass_classifier", lambda values: values.predictor_type == MULTICLASS),
    "balance_multiclass_weights": (
        "it is for multiclass_classifier",
        lambda values: values.predictor_type == MULTICLASS,
    ),
    "positive_example_weight_mult": ("it is for binary_classifier", lambda values: values.predictor_type == BINARY),
    "binary_classifier_model_selection_criteria": (
        "it is for binary_classifier",
        lambda values: values.predictor_type == BINARY,
    ),
    "target_recall": (
        f"it is for the criterion {texts.PRECISION!r}",
        lambda values: _criterion(values) == texts.PRECISION,
    ),
    "target_precision": (
        f"it is for the criterion {texts.RECALL!r}",
        lambda values: _criterion(values) == texts.RECALL,
    ),
    "f_beta": ("it is for the classifiers", lambda values: values.predictor_type != REGRESSOR),
    "normalize_label": ("it is for regressor", lambda values: values.predictor_type == REGRESSOR),
    "unbias_label": (
        "it is for regressor with use_bias",
        lambda values: values.predictor_type == REGRESSOR and values.use_bias,
    ),
    "unbias_data": ("without use_bias data is not shifted", lambda values: values.use_bias),
    "momentum": ("it is for optimizer 'sgd'", lambda values: values.optimizer == "sgd"),
}
"""Hyperparameters that act under a condition; elsewhere the built-in passes them over, and so do we, with a word."""


def check(values: Hyperparameters) -> None:
    """Raise UserError for values that do not go together."""
    accepted = LOSSES_OF[values.predictor_type]
    if values.loss not in ("auto", *accepted):
        listed = ", ".join(map(repr, ("auto", *accepted)))
        raise _bad("loss", values.loss, f"is not for predictor_type {values.predictor_type!r}, which takes {listed}")
    if values.predictor_type == MULTICLASS:
        _check_classes(values)


def loss_of(values: Hyperparameters) -> str:
    """The loss, where `auto` stands for the task's own."""
    return LOSSES_OF[values.predictor_type][0] if values.loss == "auto" else values.loss


def without_effect(values: Hyperparameters, given: dict[str, object]) -> dict[str, str]:
    """Name -> reason of every given hyperparameter that changes nothing; worth a warning each."""
    return {name: reason for name, (reason, acts) in _UNUSED.items() if name in given and not acts(values)}


def _criterion(values: Hyperparameters) -> str:
    return values.binary_classifier_model_selection_criteria if values.predictor_type == BINARY else ""


def _check_classes(values: Hyperparameters) -> None:
    if values.num_classes is None:
        raise UserError(
            "hyperparameter 'num_classes' is required for predictor_type 'multiclass_classifier' and missing "
            f"(integer, {FEWEST_CLASSES} and up)",
            code="bad_hyperparameter",
        )
    if values.num_classes < FEWEST_CLASSES:
        raise _bad(
            "num_classes",
            str(values.num_classes),
            f"is below {FEWEST_CLASSES}, the fewest that predictor_type 'multiclass_classifier' takes; for two classes "
            "there is 'binary_classifier'",
        )


def _bad(name: str, value: str, problem: str) -> UserError:
    return UserError(f"hyperparameter {name!r}: {show(value)} {problem}", code="bad_hyperparameter")
