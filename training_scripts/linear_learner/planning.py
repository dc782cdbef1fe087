"""Hyperparameters -> what the numerical half is told, every `auto` resolved."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from contract.linear_tasks import REGRESSOR
from training_scripts.linear_learner import grid, losses, newton
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.losses import Loss
from training_scripts.linear_learner.plan import Init, Plan
from training_scripts.linear_learner.task import Task
from training_scripts.linear_learner.thresholds import Criterion

_GRID = ("learning_rate", "wd", "l1", "lr_scheduler_step", "lr_scheduler_factor", "lr_scheduler_minimum_lr")
_AUTO = ("momentum", "beta_1", "beta_2", "bias_lr_mult", "bias_wd_mult")
"""What the plan has a default for."""


def loss_of(values: Hyperparameters, task: Task) -> Loss:
    """The loss with its parameters."""
    return losses.of(
        task.loss,
        num_classes=task.outputs,
        margin=values.margin,
        quantile=values.quantile,
        loss_insensitivity=values.loss_insensitivity,
        huber_delta=values.huber_delta,
    )


def plan_of(
    values: Hyperparameters, loss: Loss, threads: int, *, models: int | None = None, epochs: int | None = None
) -> Plan:
    """The plan of a job; `models` and `epochs` where they shall be fewer than its own."""
    given = {name: value for name in _GRID if (value := getattr(values, name)) is not None}
    settled = {name: value for name in _AUTO if (value := getattr(values, name)) is not None}
    settings = partial(grid.settings, models or values.models, values.optimizer, given)
    plan = Plan(
        loss=loss,
        settings=settings(second_order=True),
        optimizer=values.optimizer,
        epochs=epochs or values.epochs,
        batch_rows=values.mini_batch_size,
        use_bias=values.use_bias,
        use_lr_scheduler=values.use_lr_scheduler,
        init=Init(values.init_method, values.init_scale, values.init_sigma, values.init_bias),
        threads=threads,
        **settled,
    )
    return plan if newton.suits(plan) else replace(plan, settings=settings(second_order=False))


def criterion_of(values: Hyperparameters) -> Criterion:
    """What the threshold of a binary classifier is chosen by."""
    return Criterion(
        values.binary_classifier_model_selection_criteria,
        values.target_recall,
        values.target_precision,
        values.f_beta,
    )


def centred(values: Hyperparameters) -> bool:
    """Whether features lose their mean: only a bias can give it back."""
    return values.use_bias and values.unbias_data is not False


def scaled(values: Hyperparameters) -> bool:
    """Whether features get the deviation 1."""
    return values.normalize_data is not False


def centred_label(values: Hyperparameters) -> bool:
    regression = values.predictor_type == REGRESSOR
    return regression and values.use_bias and values.unbias_label is not False


def scaled_label(values: Hyperparameters) -> bool:
    return values.predictor_type == REGRESSOR and values.normalize_label is not False
