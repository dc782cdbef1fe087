"""The settings of parallel models."""

from __future__ import annotations

import pytest

from training_scripts.linear_learner import grid

FIXED = {
    "learning_rate": 0.5,
    "wd": 0.25,
    "l1": 0.125,
    "lr_scheduler_step": 7,
    "lr_scheduler_factor": 0.5,
    "lr_scheduler_minimum_lr": 0.01,
}


@pytest.mark.parametrize("optimizer", ["auto", "adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("second_order", [False, True])
def test_there_are_as_many_models_as_asked_for_and_no_two_alike(optimizer, second_order):
    for count in (1, 2, 5, grid.MODELS):
        found = grid.settings(count, optimizer, {}, second_order=second_order)
        assert len(found) == len(set(found)) == count


def test_fewer_models_are_the_first_of_more():
    assert grid.settings(5, "adam", {}) == grid.settings(32, "adam", {})[:5]


def test_the_first_model_is_the_winner_that_sagemaker_logs_show():
    first = grid.settings(1, "adam", {})[0]
    assert first == grid.Setting(0.1, 1e-4, 0.0, 100, 0.99, 1e-5)


def test_what_the_user_gave_holds_for_every_model():
    for name, value in FIXED.items():
        found = grid.settings(32, "adam", {name: value})
        assert {getattr(setting, name) for setting in found} == {value}


def test_nothing_left_to_choose_leaves_one_model():
    assert grid.settings(32, "sgd", FIXED) == (grid.Setting(0.5, 0.25, 0.125, 7, 0.5, 0.01),)


def test_second_order_models_differ_in_wd_alone():
    found = grid.settings(32, "auto", {}, second_order=True)
    assert len({setting.wd for setting in found}) == 32
    assert len({setting.learning_rate for setting in found}) == 1
    assert min(setting.wd for setting in found) == pytest.approx(1e-7)
    assert max(setting.wd for setting in found) == pytest.approx(1.0)
    assert grid.settings(32, "auto", {"wd": 0.5}, second_order=True)[0].wd == 0.5
