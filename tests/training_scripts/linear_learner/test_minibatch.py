"""Each minibatch optimizer beside a plain one, a model, a batch and a weight at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training_scripts.linear_learner.hosts import together
from training_scripts.linear_learner import grid, losses, minibatch, solver
from training_scripts.linear_learner.plan import Init, Plan


def _data(rows=120, width=4, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, width)).astype(np.float32)
    labels = features @ generator.normal(size=width) + generator.normal(0, 0.3, rows) + 0.5
    return features, labels.astype(np.float32)


def _plan(optimizer="adam", count=3, loss="squared_loss", given=(), **changes):
    kinds = losses.of(loss, num_classes=3)
    settings = grid.settings(count, optimizer, dict(given) or {"lr_scheduler_step": 3})
    return Plan(loss=kinds, settings=settings, optimizer=optimizer, batch_rows=20, epochs=3, threads=1, **changes)


def _plain(plan, features, labels, model, weights):
    """Squared loss in float64, by the formulas of MXNet's optimizers."""
    setting = plan.settings[model]
    rows = np.column_stack([features, np.ones(len(features))]).astype(np.float64)
    first, second = np.zeros(len(weights)), np.zeros(len(weights))
    multiplier, decay = np.ones(len(weights)), np.full(len(weights), setting.wd)
    multiplier[-1], decay[-1] = plan.bias_lr_mult, setting.wd * plan.bias_wd_mult
    sparse = np.full(len(weights), setting.l1)
    sparse[-1] = 0
    for step in range(plan.epochs * 6):
        batch = slice(20 * (step % 6), 20 * (step % 6) + 20)
        gradient = 2 * rows[batch].T @ (rows[batch] @ weights - labels[batch]) / 20 + decay * weights
        rate = setting.learning_rate * setting.lr_scheduler_factor ** (step // setting.lr_scheduler_step)
        rate = max(rate, setting.lr_scheduler_minimum_lr) if plan.use_lr_scheduler else setting.learning_rate
        rate = rate * multiplier
        if plan.optimizer == "adam":
            first = plan.beta_1 * first + (1 - plan.beta_1) * gradient
            second = plan.beta_2 * second + (1 - plan.beta_2) * gradient**2
            corrected = np.sqrt(1 - plan.beta_2 ** (step + 1)) / (1 - plan.beta_1 ** (step + 1))
            rate = rate * corrected / (np.sqrt(second) + 1e-8)
            weights = weights - rate * first
        elif plan.optimizer == "rmsprop":
            second = 0.9 * second + 0.1 * gradient**2
            rate = rate / np.sqrt(second + 1e-8)
            weights = weights - rate * gradient
        else:
            first = plan.momentum * first - rate * gradient
            weights = weights + first
        weights = np.sign(weights) * np.maximum(np.abs(weights) - rate * sparse, 0)
    return weights


def _trained(made, epochs=3):
    results = [made.epoch() for _ in range(epochs)]
    weights, biases = made.weights()
    return np.concatenate([weights[:, 0], biases], axis=1), results


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"momentum": 0.5, "beta_1": 0.8, "beta_2": 0.99},
        {"bias_lr_mult": 3.0, "bias_wd_mult": 2.0},
        {"use_lr_scheduler": False},
    ],
)
@pytest.mark.parametrize("given", [{}, {"l1": 0.05, "wd": 0.1, "lr_scheduler_step": 2}])
def test_weights_are_those_of_a_plain_implementation(optimizer, changes, given):
    features, labels = _data()
    plan = _plan(optimizer, given=given, **changes)
    start = np.append(*(each[0, 0] for each in solver.make(plan, features, labels).weights()))
    found, _ = _trained(solver.make(plan, features, labels))
    for model in range(len(plan.settings)):
        expected = _plain(plan, features, labels, model, start.astype(np.float64))
        np.testing.assert_allclose(found[model], expected, rtol=2e-3, atol=2e-4)


def test_l1_makes_weights_0():
    features, labels = _data(width=8)
    labels = features[:, 0] * 2
    weights, _ = _trained(solver.make(_plan(given={"l1": 0.3, "learning_rate": 0.05}), features, labels), 20)
    assert (weights[0, 1:8] == 0).all()
    assert weights[0, 0] == pytest.approx(2 - 0.3 / 2, abs=0.2)


@pytest.mark.parametrize("loss", ["logistic", "softmax_loss", "absolute_loss", "hinge_loss", "quantile_loss"])
def test_every_loss_is_learnt(loss):
    features, labels = _data(rows=600)
    if loss in ("logistic", "hinge_loss"):
        labels = (labels > 0).astype(np.float32)
    elif loss == "softmax_loss":
        labels = np.clip(np.round(labels), 0, 2)
    _, results = _trained(solver.make(_plan(loss=loss), features, labels))
    assert results[-1].train_losses.min() < 0.7 * results[0].train_losses.min()


def test_a_model_is_the_same_alone_and_among_others():
    features, labels = _data()
    among, _ = _trained(solver.make(_plan(count=32), features, labels))
    alone, _ = _trained(solver.make(_plan(count=1), features, labels))
    np.testing.assert_allclose(alone[0], among[0], rtol=1e-4, atol=1e-5)


def test_a_model_that_loses_its_way_takes_no_other_along():
    features, labels = _data()
    settings = (grid.Setting(1e30, 0.0, 0.0, 100, 1.0, 1e-5), grid.Setting(0.01, 0.0, 0.0, 100, 1.0, 1e-5))
    plan = Plan(loss=losses.of("squared_loss"), settings=settings, optimizer="sgd", batch_rows=20, epochs=30)
    weights, results = _trained(solver.make(plan, features, labels), 30)
    assert not np.isfinite(weights[0]).all()
    assert np.isfinite(weights[1]).all()
    assert results[-1].train_losses[1] < 0.2


def test_without_bias_there_is_none():
    features, labels = _data()
    weights, _ = _trained(solver.make(_plan(use_bias=False, init=Init(bias=3.0)), features, labels))
    assert (weights[:, -1] == 0).all()


def test_row_weights_count_rows_as_often():
    features, labels = _data(rows=20)
    weights = np.random.default_rng(1).integers(1, 3, 20).astype(np.float32)
    repeated = np.repeat(features, weights.astype(int), axis=0), np.repeat(labels, weights.astype(int))
    plan = _plan("sgd", given={"learning_rate": 0.1})
    one, _ = _trained(solver.make(plan, features, labels, weights))
    other, _ = _trained(solver.make(replace(plan, batch_rows=60), *repeated))
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("method", "spread"), [("uniform", 0.07 / np.sqrt(3)), ("normal", 0.01)])
def test_first_weights_are_drawn_as_asked(method, spread):
    plan = _plan(init=Init(method=method, bias=0.25), count=2, seed=5)
    weights = minibatch.begun(plan, 5000).weights
    assert weights[:-1].std() == pytest.approx(spread, rel=0.05)
    assert (weights[-1] == 0.25).all()
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights == minibatch.begun(plan, 5000).weights).all()


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_resumed_training_is_the_unbroken_one_to_the_bit(optimizer):
    features, labels = _data()
    plan = _plan(optimizer, momentum=0.9)
    unbroken = solver.make(plan, features, labels)
    unbroken.epoch()
    state = unbroken.state()
    expected, results = _trained(unbroken, 2)
    resumed = solver.make(plan, features, labels)
    resumed.restore(state)
    found, again = _trained(resumed, 2)
    assert (found == expected).all()
    assert [each.finished for each in results] == [each.finished for each in again] == [False, True]


def test_the_state_of_another_training_is_refused():
    features, labels = _data()
    state = solver.make(_plan(count=2), features, labels).state()
    with pytest.raises(ValueError, match="not one of this training"):
        solver.make(_plan(count=3), features, labels).restore(state)


def test_hosts_with_shares_of_every_batch_make_the_steps_of_one():
    features, labels = _data(rows=120)
    alone, results = _trained(solver.make(_plan(), features, labels))
    parts = np.arange(120).reshape(6, 20)

    def trained(rank, total):
        mine = parts[:, rank::2].ravel()
        plan = Plan(
            loss=losses.of("squared_loss"), settings=_plan().settings, optimizer="adam", batch_rows=10, epochs=3
        )
        return _trained(solver.make(plan, features[mine], labels[mine], total=total))

    for found, told in together(2, trained):
        np.testing.assert_allclose(found, alone, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(told[-1].train_losses, results[-1].train_losses, rtol=1e-4)


def test_hosts_with_different_numbers_of_rows_make_equally_many_steps():
    features, labels = _data(rows=120)

    def trained(rank, total):
        mine = slice(0, 3) if rank == 0 else slice(3, None)
        return _trained(solver.make(_plan(), features[mine], labels[mine], total=total))

    (first, _), (second, told) = together(2, trained)
    assert (first == second).all()
    assert told[-1].finished


@pytest.mark.parametrize("loss", ["squared_loss", "logistic", "softmax_loss", "hinge_loss"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("count", [2, 9])
def test_a_host_may_have_fewer_rows_than_there_are_batches(loss, optimizer, count):
    features, labels = _data(rows=120)
    if loss != "squared_loss":
        labels = (labels > 0).astype(np.float32)
    plan = replace(_plan(optimizer, count, loss), batch_rows=5)

    def trained(rank, total):
        mine = slice(0, 3) if rank == 0 else slice(3, None)
        return _trained(solver.make(plan, features[mine], labels[mine], total=total))

    (first, results), (second, _) = together(2, trained)
    assert (first == second).all()
    assert results[-1].train_losses.min() < 0.9 * results[0].train_losses.min()


def test_large_batches_are_shared_among_threads(monkeypatch):
    features, labels = _data()
    alone, _ = _trained(solver.make(_plan(), features, labels))
    monkeypatch.setattr(minibatch, "SHARED", 1)
    shared, _ = _trained(solver.make(replace(_plan(), threads=3), features, labels))
    np.testing.assert_allclose(shared, alone, rtol=1e-4, atol=1e-5)


def test_one_row_is_enough():
    _, results = _trained(solver.make(_plan(), np.ones((1, 2), dtype=np.float32), np.ones(1, dtype=np.float32)), 1)
    assert np.isfinite(results[0].train_losses).all()


def test_describe_names_the_method():
    features, labels = _data()
    assert solver.make(_plan("sgd"), features, labels).describe() == "sgd: 3 models at once, 6 batches an epoch"
    of_auto = solver.make(_plan("auto", count=1, given={"l1": 0.1}), features, labels)
    assert "l1" in of_auto.describe()
    assert ": one model, " in of_auto.describe()
    assert of_auto.optimizer == "adam"


def test_an_epoch_ends_after_the_batch_in_which_it_is_told_to_stop():
    features, labels = _data()
    asked = iter([False, False, True])
    made = solver.make(_plan(), features, labels, stopping=lambda: next(asked))
    result = made.epoch()
    assert not result.whole
    assert made.state()["step"] == 3
    other = solver.make(_plan(), features[:60], labels[:60])
    np.testing.assert_allclose(result.train_losses, other.epoch().train_losses, rtol=1e-5)


def test_an_epoch_stopped_at_its_last_batch_is_whole():
    features, labels = _data()
    asked = iter([False] * 5 + [True])
    assert solver.make(_plan(), features, labels, stopping=lambda: next(asked)).epoch().whole


def test_hosts_stop_after_the_same_batch_whichever_is_told():
    features, labels = _data(rows=120)

    def trained(rank, total):
        mine = slice(rank * 60, rank * 60 + 60)
        asked = iter([False, rank == 1])
        made = solver.make(_plan(), features[mine], labels[mine], total=total, stopping=lambda: next(asked))
        return made.epoch().whole, int(made.state()["step"])

    assert together(2, trained) == [(False, 2), (False, 2)]
