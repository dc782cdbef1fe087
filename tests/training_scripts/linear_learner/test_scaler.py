"""Scaling in place and back."""

from __future__ import annotations

import numpy as np
import pytest

from contract.errors import UserError
from tests.training_scripts.linear_learner.hosts import together
from training_scripts.linear_learner import scaler
from training_scripts.linear_learner.scaler import Scaling

WHOLE = {"center": True, "scale": True, "center_label": True, "scale_label": True}


def _data(rows=500, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 4)) * [1e6, 1.0, 1e-3, 5.0] + [1e6, -3.0, 0.0, 20.0]
    labels = generator.normal(50.0, 8.0, rows)
    return features.astype(np.float32), labels.astype(np.float32)


def test_scaled_columns_have_mean_0_and_deviation_1():
    features, labels = _data()
    scaler.measure(features, labels, rows=500, **WHOLE).apply(features, labels)
    np.testing.assert_allclose(features.mean(axis=0, dtype=np.float64), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=0, dtype=np.float64), 1, rtol=1e-5)
    assert labels.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert labels.std(dtype=np.float64) == pytest.approx(1, rel=1e-5)


def test_only_the_first_rows_are_measured():
    features, labels = _data()
    found = scaler.measure(features, labels, rows=100, **WHOLE)
    features[100:] *= 7
    assert (scaler.measure(features, labels, rows=100, **WHOLE).shift == found.shift).all()


def test_weights_unscaled_predict_the_same():
    features, labels = _data()
    raw = features.astype(np.float64)
    scaling = scaler.measure(features, labels, rows=500, **WHOLE)
    scaling.apply(features, labels)
    weights = np.random.default_rng(1).normal(size=(3, 1, 4)).astype(np.float32)
    biases = np.array([[0.5], [-1.0], [0.0]], dtype=np.float32)
    back, moved = scaling.unscaled(weights, biases)
    assert back.shape == weights.shape
    assert moved.shape == biases.shape
    seen = features @ weights[:, 0].T + biases[:, 0]
    expected = seen * scaling.label_scale + scaling.label_shift
    np.testing.assert_allclose(raw @ back[:, 0].T.astype(np.float64) + moved[:, 0], expected, rtol=1e-4, atol=1e-3)


def test_means_large_beside_deviations_cost_no_more_than_the_rounding_of_the_bias():
    drawn = np.random.default_rng(0)
    shift, factor = np.full(100, 1e6, dtype=np.float32), drawn.uniform(0.5, 2, 100).astype(np.float32)
    scaling = Scaling(shift, factor)
    weights = drawn.normal(size=(200, 1, 100)).astype(np.float32)
    biases = drawn.normal(size=(200, 1)).astype(np.float32)
    back, moved = scaling.unscaled(weights, biases)
    at_the_mean = back.astype(np.float64) @ shift.astype(np.float64) + moved
    assert (np.abs(at_the_mean - biases) <= np.spacing(np.abs(moved))).all()


@pytest.mark.parametrize(
    ("shift", "factor", "scale", "says"),
    [(0, 1e20, 1e20, "weight .* is 1e\\+40"), (1e20, 1.0, 1e20, "bias .* is 1e\\+40")],
)
def test_a_model_beyond_float32_is_refused(shift, factor, scale, says):
    scaling = Scaling(np.float32([shift]), np.float32([factor]), label_scale=scale)
    with pytest.raises(UserError, match=says):
        scaling.unscaled(np.ones((1, 1), dtype=np.float32), np.zeros(1, dtype=np.float32))


def test_what_varies_too_little_for_float32_to_scale_it_up_is_constant():
    features, labels = _data()
    features[:, 2] = np.random.default_rng(1).normal(size=500).astype(np.float32) * np.float32(1e-40)
    labels = features[:, 2].copy()
    scaling = scaler.measure(features, labels, rows=500, **WHOLE)
    assert np.isfinite(scaling.factor).all()
    assert (scaling.factor[2], scaling.label_scale) == (0, 1)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e6])
def test_a_constant_feature_has_weight_0(constant):
    features, labels = _data()
    features[:, 1] = constant
    scaling = scaler.measure(features, labels, rows=500, **WHOLE)
    scaling.apply(features)
    assert (features[:, 1] == 0).all()
    back, moved = scaling.unscaled(np.ones((1, 1, 4), dtype=np.float32), np.zeros((1, 1), dtype=np.float32))
    assert back[0, 0, 1] == 0
    assert np.isfinite(moved).all()


def test_a_feature_that_varies_after_the_first_rows_alone_is_kept():
    features, labels = _data()
    features[:, 1] = 0
    features[400:450, 1] = 3
    scaling = scaler.measure(features, labels, rows=100, **WHOLE)
    scaling.apply(features)
    assert features[:, 1].std(dtype=np.float64) == pytest.approx(1, rel=1e-5)


def test_labels_that_vary_after_the_first_rows_alone_are_scaled_by_all():
    features, labels = _data()
    labels[:100] = 0
    labels[100:] *= 1e5
    scaling = scaler.measure(features, labels, rows=100, **WHOLE)
    scaling.apply(features, labels)
    assert labels.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert labels.std(dtype=np.float64) == pytest.approx(1, rel=1e-5)


def test_what_is_switched_off_stays_as_it_is():
    features, labels = _data()
    before = features.copy(), labels.copy()
    off = dict.fromkeys(WHOLE, False)
    scaler.measure(features, labels, rows=500, **off).apply(features, labels)
    assert (features == before[0]).all()
    assert (labels == before[1]).all()


def test_scaling_alone_leaves_zeros_zero():
    features, labels = _data()
    features[::3] = 0
    scaling = scaler.measure(features, labels, rows=500, center=False, scale=True)
    scaling.apply(features)
    assert (features[::3] == 0).all()
    np.testing.assert_allclose(features.std(axis=0, dtype=np.float64), 1, rtol=1e-5)
    assert (scaling.shift == 0).all()


def test_constant_labels_are_not_divided_by_their_deviation():
    features, _ = _data()
    scaling = scaler.measure(features, np.full(500, 7.0, dtype=np.float32), rows=500, **WHOLE)
    assert (scaling.label_shift, scaling.label_scale) == (7.0, 1.0)


def test_one_row_is_shifted_to_0():
    features = np.array([[3.0, 1e6]], dtype=np.float32)
    scaling = scaler.measure(features, np.array([2.0], dtype=np.float32), rows=10_000, **WHOLE)
    scaling.apply(features)
    assert (features == 0).all()


def test_hosts_agree_on_the_scaling_of_all_their_rows():
    features, labels = _data()
    alone = scaler.measure(features, labels, rows=500, **WHOLE)

    def measured(rank, total):
        cut = slice(0, 200) if rank == 0 else slice(200, None)
        return scaler.measure(features[cut], labels[cut], rows=500, **WHOLE, total=total)

    first, second = together(2, measured)
    assert _numbers(first) == _numbers(second)
    np.testing.assert_allclose(first.shift, alone.shift, rtol=1e-6)
    np.testing.assert_allclose(first.factor, alone.factor, rtol=1e-6)


def _numbers(scaling: Scaling):
    return scaling.shift.tolist(), scaling.factor.tolist(), scaling.label_shift, scaling.label_scale
