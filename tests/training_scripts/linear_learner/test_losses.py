"""Values by hand, gradients and curvatures by finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import UserError
from training_scripts.linear_learner import losses

REGRESSION = (
    "squared_loss",
    "absolute_loss",
    "eps_insensitive_squared_loss",
    "eps_insensitive_absolute_loss",
    "quantile_loss",
    "huber_loss",
)
OPTIONS = {"quantile": 0.3, "loss_insensitivity": 0.1, "huber_delta": 0.7, "margin": 0.9, "num_classes": 3}
STEP = 1e-2
KINKS = (-0.9, -0.7, -0.1, 0.0, 0.1, 0.7, 0.9)
"""Of residuals, and of margins on their side, with these options: finite differences are off there."""


def _random(name, seed, rows=8, models=2):
    generator = np.random.default_rng(seed)
    loss = losses.of(name, **OPTIONS)
    margins = generator.uniform(-3, 3, (rows, models, loss.outputs)).astype(np.float32)
    classes = generator.integers(0, max(2, loss.outputs), rows)
    labels = generator.uniform(-3, 3, rows) if name in REGRESSION else classes
    return loss, margins, labels.astype(np.float32)


def _far_from_kinks(loss, margins, labels):
    if loss.name == "softmax_loss":
        return np.ones(margins.shape, dtype=bool)
    side = (margins - labels[:, None, None], margins, -margins)
    return np.all([np.abs(each - kink) > 2 * STEP for each in side for kink in KINKS], axis=0)


@settings(deadline=None, max_examples=30)
@given(name=st.sampled_from([*REGRESSION, "logistic", "hinge_loss", "softmax_loss"]), seed=st.integers(0, 2**32 - 1))
def test_the_gradient_is_that_of_the_value(name, seed):
    loss, margins, labels = _random(name, seed)
    _, gradients = loss.evaluate(margins, labels)
    numeric = np.empty_like(gradients)
    for output in range(loss.outputs):
        up, down = margins.copy(), margins.copy()
        up[..., output] += STEP
        down[..., output] -= STEP
        numeric[..., output] = (loss.evaluate(up, labels)[0] - loss.evaluate(down, labels)[0]) / (2 * STEP)
    far = _far_from_kinks(loss, margins, labels)
    np.testing.assert_allclose(gradients[far], numeric[far], atol=2e-3)


@settings(deadline=None, max_examples=30)
@given(name=st.sampled_from(["squared_loss", "logistic", "softmax_loss"]), seed=st.integers(0, 2**32 - 1))
def test_the_curvature_is_that_of_the_gradient(name, seed):
    loss, margins, labels = _random(name, seed)
    for output in range(loss.outputs):
        up, down = margins.copy(), margins.copy()
        up[..., output] += STEP
        down[..., output] -= STEP
        numeric = (loss.evaluate(up, labels)[1] - loss.evaluate(down, labels)[1])[..., output] / (2 * STEP)
        np.testing.assert_allclose(loss.curve(margins, labels)[..., output], numeric, atol=2e-3)


@pytest.mark.parametrize("name", ["eps_insensitive_squared_loss", "huber_loss"])
def test_the_curvature_of_a_loss_with_a_kink_in_its_slope_is_one_of_its_bounds(name):
    loss, margins, labels = _random(name, 0, rows=500)
    residual = margins - labels[:, None, None]
    _, gradients = loss.evaluate(margins, labels)
    curves = loss.curve(margins, labels)
    np.testing.assert_allclose(curves * residual, gradients, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "margin", "label", "value"),
    [
        ("squared_loss", 3.0, 1.0, 4.0),
        ("absolute_loss", 3.0, 1.0, 2.0),
        ("eps_insensitive_squared_loss", 1.5, 1.0, 0.16),
        ("eps_insensitive_absolute_loss", 1.05, 1.0, 0.0),
        ("eps_insensitive_absolute_loss", 0.5, 1.0, 0.4),
        ("quantile_loss", 1.0, 3.0, 0.6),
        ("quantile_loss", 3.0, 1.0, 1.4),
        ("huber_loss", 1.35, 1.0, 0.0875),
        ("huber_loss", 3.0, 1.0, 1.65),
        ("hinge_loss", 0.5, 1.0, 0.4),
        ("hinge_loss", 0.5, 0.0, 1.4),
        ("logistic", 2.0, 1.0, 0.126928),
        ("logistic", 2.0, 0.0, 2.126928),
    ],
)
def test_values_by_hand(name, margin, label, value):
    loss = losses.of(name, **OPTIONS)
    values, _ = loss.evaluate(np.array([[[margin]]], dtype=np.float32), np.array([label], dtype=np.float32))
    assert values[0, 0] == pytest.approx(value, rel=1e-5, abs=1e-6)


def test_a_huber_delta_of_0_is_the_absolute_loss():
    _, margins, labels = _random("absolute_loss", 1)
    for one, other in zip(
        losses.of("huber_loss", huber_delta=0).evaluate(margins, labels),
        losses.of("absolute_loss").evaluate(margins, labels),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["logistic", "softmax_loss"])
def test_huge_margins_stay_finite(name):
    loss = losses.of(name, num_classes=3)
    margins = np.array([1e4, -1e4, 3e38, -3e38], dtype=np.float32)[:, None, None] * np.eye(1, loss.outputs)
    for label in (0, 1):
        values, gradients = loss.evaluate(margins.astype(np.float32), np.full(4, label, dtype=np.float32))
        assert np.isfinite(values).all()
        assert np.isfinite(gradients).all()


def test_quantile_leaves_its_share_of_labels_below_the_prediction():
    labels = np.random.default_rng(0).normal(size=4001).astype(np.float32)
    tried = np.linspace(-2, 2, 401, dtype=np.float32)
    values, _ = losses.of("quantile_loss", quantile=0.3).evaluate(np.tile(tried, (len(labels), 1))[..., None], labels)
    best = tried[values.mean(axis=0).argmin()]
    assert np.mean(labels < best) == pytest.approx(0.3, abs=0.01)


def test_probabilities_add_up_to_1():
    margins = np.random.default_rng(0).normal(0, 30, (50, 2, 4)).astype(np.float32)
    np.testing.assert_allclose(losses.probabilities(margins).sum(axis=-1), 1, rtol=1e-5)
    alone = losses.probabilities(margins[..., :1])
    np.testing.assert_allclose(alone, 1 / (1 + np.exp(-margins[..., :1].astype(np.float64))), rtol=1e-5)


def test_an_unknown_loss_is_refused_with_those_there_are():
    with pytest.raises(UserError, match=r"loss 'hinge' is not one of squared_loss, .*hinge_loss"):
        losses.of("hinge")


@pytest.mark.parametrize("rows", [1, 63, 64, 1000, 1025])
@pytest.mark.parametrize("spread", [1, 30, 1e4])
def test_values_summed_at_once_are_the_sums_of_the_values(rows, spread):
    generator = np.random.default_rng(rows)
    loss = losses.of("logistic")
    margins = (generator.normal(size=(rows, 9, 1)) * spread).astype(np.float32)
    labels = generator.integers(0, 2, rows).astype(np.float32)
    values, gradients = loss.evaluate(margins.copy(), labels)
    assert loss.summed is not None
    sums, same = loss.summed(margins.copy(), labels)
    np.testing.assert_allclose(sums, values.sum(axis=0, dtype=np.float64), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(same, gradients, atol=1e-6)
