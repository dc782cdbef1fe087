"""Which hyperparameters go together, and which do nothing beside others."""

from __future__ import annotations

import pytest

from contract.errors import UserError
from contract.hyperparameters import given, parse
from training_scripts.linear_learner import rules
from training_scripts.linear_learner.hyperparameters import Hyperparameters

ALLOWED = [(kind, loss) for kind, losses in rules.LOSSES_OF.items() for loss in ("auto", *losses)]
MIXED = [
    (kind, loss)
    for kind in rules.PREDICTOR_TYPES
    for loss in rules.LOSSES
    if loss not in ("auto", *rules.LOSSES_OF[kind])
]


def parsed(kind: str, **raw: str) -> Hyperparameters:
    classes = {"num_classes": "3"} if kind == "multiclass_classifier" else {}
    return parse(Hyperparameters, {"predictor_type": kind} | classes | raw)


@pytest.mark.parametrize(("kind", "loss"), ALLOWED)
def test_losses_of_a_task(kind: str, loss: str) -> None:
    assert rules.loss_of(parsed(kind, loss=loss)) == (rules.LOSSES_OF[kind][0] if loss == "auto" else loss)


@pytest.mark.parametrize(("kind", "loss"), MIXED)
def test_losses_of_another_task_are_refused_with_those_of_this_one(kind: str, loss: str) -> None:
    with pytest.raises(
        UserError, match=f"hyperparameter 'loss': '{loss}' is not for predictor_type '{kind}'"
    ) as caught:
        parsed(kind, loss=loss)
    assert all(f"'{right}'" in caught.value.message for right in rules.LOSSES_OF[kind])


@pytest.mark.parametrize(
    ("kind", "loss"),
    [("regressor", "squared_loss"), ("binary_classifier", "logistic"), ("multiclass_classifier", "softmax_loss")],
)
def test_the_loss_that_auto_is(kind: str, loss: str) -> None:
    assert rules.loss_of(parsed(kind)) == loss


def test_classes_must_be_counted_for_many_of_them() -> None:
    with pytest.raises(UserError, match="'num_classes' is required for predictor_type 'multiclass_classifier'"):
        parse(Hyperparameters, {"predictor_type": "multiclass_classifier"})


def test_two_classes_are_another_task() -> None:
    with pytest.raises(UserError, match=r"'num_classes': '2' is below 3.*'binary_classifier'"):
        parsed("multiclass_classifier", num_classes="2")


@pytest.mark.parametrize("kind", ["binary_classifier", "regressor"])
@pytest.mark.parametrize("count", ["1", "2", "7"])
def test_num_classes_is_passed_over_elsewhere(kind: str, count: str) -> None:
    values = parsed(kind, num_classes=count)
    assert "num_classes" in rules.without_effect(values, given(values))


@pytest.mark.parametrize(
    ("kind", "raw", "idle"),
    [
        ("binary_classifier", {"margin": "2"}, {"margin"}),
        ("binary_classifier", {"margin": "2", "loss": "hinge_loss"}, set()),
        ("regressor", {"quantile": "0.9"}, {"quantile"}),
        ("regressor", {"quantile": "0.9", "loss": "quantile_loss"}, set()),
        ("regressor", {"loss_insensitivity": "0.1", "loss": "eps_insensitive_absolute_loss"}, set()),
        ("regressor", {"loss_insensitivity": "0.1", "huber_delta": "2"}, {"loss_insensitivity", "huber_delta"}),
        ("regressor", {"huber_delta": "2", "loss": "huber_loss"}, set()),
        ("regressor", {"positive_example_weight_mult": "2", "f_beta": "2"}, {"positive_example_weight_mult", "f_beta"}),
        ("binary_classifier", {"target_recall": "0.9"}, {"target_recall"}),
        (
            "binary_classifier",
            {
                "target_recall": "0.9",
                "target_precision": "0.9",
                "binary_classifier_model_selection_criteria": "precision_at_target_recall",
            },
            {"target_precision"},
        ),
        ("binary_classifier", {"normalize_label": "true"}, {"normalize_label"}),
        ("multiclass_classifier", {"accuracy_top_k": "2", "balance_multiclass_weights": "true"}, set()),
        ("binary_classifier", {"accuracy_top_k": "2"}, {"accuracy_top_k"}),
        ("regressor", {"use_bias": "false", "unbias_data": "true"}, {"unbias_data"}),
        ("regressor", {"optimizer": "adam", "momentum": "0.5"}, {"momentum"}),
        ("regressor", {"optimizer": "sgd", "momentum": "0.5"}, set()),
        ("regressor", {}, set()),
    ],
)
def test_what_does_nothing_is_told(kind: str, raw: dict[str, str], idle: set[str]) -> None:
    values = parsed(kind, **raw)
    assert rules.without_effect(values, given(values)).keys() == idle
