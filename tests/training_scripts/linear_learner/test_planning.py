"""Every hyperparameter reaches the numerical half, and every `auto` is resolved."""

from __future__ import annotations

import pytest

from contract.hyperparameters import parse
from training_scripts.linear_learner import newton, planning
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.plan import Init, Plan
from training_scripts.linear_learner.task import task_of


def values(**raw: str) -> Hyperparameters:
    return parse(Hyperparameters, {"predictor_type": "regressor"} | raw)


def plan(**raw: str) -> Plan:
    given = values(**raw)
    return planning.plan_of(given, planning.loss_of(given, task_of(given)), 2)


def test_what_is_given_holds_for_every_model() -> None:
    given = {
        "learning_rate": "0.3",
        "wd": "0.5",
        "l1": "0.25",
        "lr_scheduler_step": "7",
        "lr_scheduler_factor": "0.5",
        "lr_scheduler_minimum_lr": "0.001",
    }
    for setting in plan(optimizer="adam", num_models="4", **given).settings:
        assert {name: getattr(setting, name) for name in given} == {name: float(text) for name, text in given.items()}


def test_what_belongs_to_the_optimizer_is_passed_on() -> None:
    given = {"momentum": 0.5, "beta_1": 0.1, "beta_2": 0.2, "bias_lr_mult": 3.0, "bias_wd_mult": 4.0}
    made = plan(optimizer="sgd", **{name: str(value) for name, value in given.items()})
    assert {name: getattr(made, name) for name in given} == given
    assert made.optimizer == "sgd"


def test_the_rest_is_passed_on() -> None:
    made = plan(
        epochs="7",
        mini_batch_size="11",
        use_bias="false",
        use_lr_scheduler="false",
        init_method="normal",
        init_scale="0.5",
        init_sigma="0.25",
        init_bias="2",
    )
    assert (made.epochs, made.batch_rows, made.use_bias, made.use_lr_scheduler) == (7, 11, False, False)
    assert made.init == Init("normal", 0.5, 0.25, 2.0)
    assert made.threads == 2


@pytest.mark.parametrize(("raw", "count"), [({"optimizer": "adam"}, 32), ({"num_models": "5"}, 5)])
def test_there_are_as_many_models_as_asked_for(raw: dict[str, str], count: int) -> None:
    assert len(plan(**raw).settings) == count


@pytest.mark.parametrize(
    ("raw", "suits", "second_order"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"l1": "0"}, True, True),
        ({"l1": "0.1"}, True, False),
        ({"loss": "absolute_loss"}, True, False),
        ({"optimizer": "adam"}, True, False),
    ],
)
def test_rates_span_the_grid_where_second_order_does_not_suit(
    monkeypatch: pytest.MonkeyPatch, raw: dict[str, str], suits: bool, second_order: bool
) -> None:
    decided = newton.suits
    monkeypatch.setattr(newton, "suits", lambda plan: suits and decided(plan))
    rates = {setting.learning_rate for setting in plan(**raw).settings}
    assert (len(rates) == 1) == second_order


def test_a_trial_has_one_model_and_fewer_epochs() -> None:
    given = values()
    made = planning.plan_of(given, planning.loss_of(given, task_of(given)), 1, models=1, epochs=2)
    assert (len(made.settings), made.epochs) == (1, 2)


@pytest.mark.parametrize(
    ("raw", "features", "labels"),
    [
        ({}, (True, True), (True, True)),
        ({"use_bias": "false"}, (False, True), (False, True)),
        ({"normalize_data": "false", "normalize_label": "false"}, (True, False), (True, False)),
        ({"normalize_data": "auto", "unbias_data": "false", "unbias_label": "false"}, (False, True), (False, True)),
        ({"predictor_type": "binary_classifier"}, (True, True), (False, False)),
        ({"predictor_type": "binary_classifier", "normalize_label": "true"}, (True, True), (False, False)),
    ],
)
def test_what_is_scaled(raw: dict[str, str], features: tuple[bool, bool], labels: tuple[bool, bool]) -> None:
    given = values(**raw)
    assert (planning.centred(given), planning.scaled(given)) == features
    assert (planning.centred_label(given), planning.scaled_label(given)) == labels


def test_the_criterion_has_its_targets() -> None:
    given = values(target_recall="0.6", target_precision="0.7", f_beta="2")
    found = planning.criterion_of(given)
    assert (found.name, found.target_recall, found.target_precision, found.f_beta) == ("accuracy", 0.6, 0.7, 2.0)
