"""Which optimizer a plan gets."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest

from contract import resources
from tests.training_scripts.linear_learner.hosts import together
from training_scripts.linear_learner import grid, losses, newton, solver
from training_scripts.linear_learner.newton import Newton
from training_scripts.linear_learner.plan import Plan
from training_scripts.linear_learner.rows import Rows


def _made(loss, optimizer, given=()):
    plan = Plan(
        loss=losses.of(loss, num_classes=3), settings=grid.settings(2, optimizer, dict(given)), optimizer=optimizer
    )
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    return solver.make(plan, features, (features[:, 0] > 0).astype(np.float32))


@pytest.mark.parametrize(
    ("loss", "optimizer", "given", "said"),
    [
        ("squared_loss", "auto", {}, "exact"),
        ("logistic", "auto", {}, "second order"),
        ("softmax_loss", "auto", {}, "second order"),
        ("huber_loss", "auto", {}, "second order"),
        ("hinge_loss", "auto", {}, "adam, as l1 or the loss"),
        ("absolute_loss", "auto", {}, "adam, as l1 or the loss"),
        ("squared_loss", "auto", {"l1": 0.1}, "adam, as l1 or the loss"),
        ("squared_loss", "adam", {}, "adam: 2 models"),
        ("squared_loss", "sgd", {}, "sgd: 2 models"),
        ("logistic", "rmsprop", {}, "rmsprop: 2 models"),
    ],
)
def test_the_optimizer_is_the_one_asked_for_and_auto_the_best_for_the_loss(loss, optimizer, given, said):
    assert _made(loss, optimizer, given).describe().startswith(said)


@pytest.mark.parametrize("optimizer", ["auto", "adam"])
def test_weights_have_a_row_for_each_model_and_output(optimizer):
    made = _made("softmax_loss", optimizer)
    made.epoch()
    weights, biases = made.weights()
    assert (weights.shape, biases.shape) == ((2, 3, 3), (2, 3))
    assert weights.dtype == biases.dtype == np.float32


@pytest.mark.parametrize("optimizer", ["auto", "adam"])
def test_weights_and_states_are_copies(optimizer):
    made = _made("logistic", optimizer)
    made.epoch()
    before, state = made.weights()[0].copy(), made.state()
    made.weights()[0][:] = 0
    for values in made.state().values():
        values[...] = 0
    assert (made.weights()[0] == before).all()
    assert all((made.state()[name] == values).all() for name, values in state.items())


@pytest.mark.parametrize("optimizer", ["auto", "adam"])
def test_data_stay_as_they_are(optimizer):
    plan = Plan(loss=losses.of("logistic"), settings=grid.settings(2, optimizer, {}), optimizer=optimizer)
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    labels, weights = (features[:, 0] > 0).astype(np.float32), np.full(50, 2, dtype=np.float32)
    kept = features.copy(), labels.copy(), weights.copy()
    made = solver.make(plan, features, labels, weights)
    made.epoch()
    for now, before in zip((features, labels, weights), kept, strict=True):
        assert (now == before).all()


def test_second_order_steps_are_not_taken_where_they_need_much_of_the_memory(monkeypatch):
    assert "second order, " in _made("softmax_loss", "auto").describe()
    monkeypatch.setattr(resources, "memory_bytes", lambda: 1 << 10)
    said = _made("softmax_loss", "auto").describe()
    assert said.startswith(
        "adam, as second order steps would take much of a host's memory, about 0 of 0 MB here: 2 models at once"
    )
    assert _made("softmax_loss", "auto").epoch().train_losses.shape == (2,)


def test_where_one_host_lacks_the_memory_none_takes_second_order_steps(monkeypatch):
    monkeypatch.setattr(
        resources, "memory_bytes", lambda: 1 << 10 if threading.current_thread().name == "small" else 1 << 40
    )
    plan = Plan(loss=losses.of("logistic"), settings=grid.settings(2, "auto", {}))

    def host(rank, total):
        threading.current_thread().name = "small" if rank else "large"
        features = np.random.default_rng(rank).normal(size=(50, 3)).astype(np.float32)
        return solver.make(plan, features, (features[:, 0] > 0).astype(np.float32), total=total).describe()

    assert all(said.startswith("adam, as second order") for said in together(2, host))


@pytest.mark.parametrize("loss", ["softmax_loss", "squared_loss"])
def test_the_memory_of_second_order_steps_is_known(loss):
    """Of many models and outputs; what a system of few takes beside that is no matter."""
    plan = Plan(loss=losses.of(loss, num_classes=100), settings=grid.settings(8, "auto", {}, second_order=True))
    drawn = np.random.default_rng(0)
    rows = Rows(drawn.normal(size=(500, 200)).astype(np.float32), drawn.integers(0, 100, 500).astype(np.float32))
    tracemalloc.start()
    try:
        made = Newton(plan, rows)
        for _ in range(2):
            made.epoch()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.3 < peak / newton.needed_bytes(plan, rows) < 1.3
