"""How the built-in calls what is learnt."""

from __future__ import annotations

import pytest

from contract.hyperparameters import parse
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.task import Task, task_of


def task(**raw: str) -> Task:
    return task_of(parse(Hyperparameters, raw))


@pytest.mark.parametrize(
    ("kind", "loss", "name"),
    [
        ("regressor", "auto", "mse_objective"),
        ("regressor", "absolute_loss", "absolute_loss_objective"),
        ("regressor", "quantile_loss", "quantile_loss_objective"),
        ("regressor", "huber_loss", "huber_loss_objective"),
        ("regressor", "eps_insensitive_squared_loss", "eps_insensitive_squared_loss_objective"),
        ("regressor", "eps_insensitive_absolute_loss", "eps_insensitive_absolute_loss_objective"),
        ("binary_classifier", "auto", "binary_classification_cross_entropy_objective"),
        ("binary_classifier", "hinge_loss", "hinge_loss_objective"),
        ("multiclass_classifier", "auto", "multiclass_cross_entropy_objective"),
    ],
)
def test_objectives(kind: str, loss: str, name: str) -> None:
    assert task(predictor_type=kind, loss=loss, num_classes="3").objective == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"predictor_type": "binary_classifier"}, "sampled_accuracy"),
        (
            {"predictor_type": "binary_classifier", "binary_classifier_model_selection_criteria": "loss_function"},
            "binary_classification_cross_entropy_objective",
        ),
        ({"predictor_type": "regressor"}, "mse_objective"),
        ({"predictor_type": "regressor", "binary_classifier_model_selection_criteria": "f1"}, "mse_objective"),
        ({"predictor_type": "multiclass_classifier", "num_classes": "3"}, "multiclass_cross_entropy_objective"),
    ],
)
def test_what_early_stopping_watches(raw: dict[str, str], name: str) -> None:
    assert task(**raw).criterion_name == name


def test_outputs_and_classes() -> None:
    many = task(predictor_type="multiclass_classifier", num_classes="7")
    two, number = task(predictor_type="binary_classifier"), task(predictor_type="regressor", num_classes="7")
    assert [(each.classes, each.outputs) for each in (many, two, number)] == [(7, 7), (2, 1), (0, 1)]
    assert two.natural_threshold == 0.5
    assert task(predictor_type="binary_classifier", loss="hinge_loss").natural_threshold == 0
