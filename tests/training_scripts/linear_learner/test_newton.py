"""`optimizer` auto beside exact solutions: numpy's least squares, scikit-learn's logistic regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.training_scripts.linear_learner.hosts import together
from training_scripts.linear_learner import losses, newton, solver
from training_scripts.linear_learner.grid import Setting
from training_scripts.linear_learner.plan import Plan


def _plan(loss="squared_loss", decays=(0.0,), epochs=30, **changes):
    settings = tuple(Setting(0.1, decay, 0.0, 100, 0.99, 1e-5) for decay in decays)
    options = {"num_classes": 3, "loss_insensitivity": 0.1, "huber_delta": 0.5}
    return Plan(loss=losses.of(loss, **options), settings=settings, epochs=epochs, **changes)


def _data(loss="squared_loss", rows=3000, width=6, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, width)) @ generator.normal(size=(width, width)) / width**0.5
    margin = features @ generator.normal(size=width) + 0.3
    if loss == "logistic":
        labels = margin + generator.logistic(size=rows) > 0
    elif loss == "softmax_loss":
        margins = features @ generator.normal(size=(width, 3)) + generator.gumbel(size=(rows, 3))
        labels = margins.argmax(axis=1)
    else:
        labels = margin + generator.normal(size=rows)
    return features.astype(np.float32), labels.astype(np.float32)


def _trained(made):
    """(weights (models, outputs, features + 1), results) of a training to its end."""
    results = [made.epoch()]
    while not results[-1].finished:
        results.append(made.epoch())
    weights, biases = made.weights()
    return np.concatenate([weights, biases[..., None]], axis=2), results


def _ridge(features, labels, decay, weights=None):
    """The minimum of mean (y - x w - b)^2 + decay / 2 |w|^2, in float64."""
    rows = np.column_stack([features, np.ones(len(features))]).astype(np.float64)
    share = np.ones(len(rows)) if weights is None else weights.astype(np.float64)
    penalty = np.full(rows.shape[1], decay / 2 * share.sum())
    penalty[-1] = 0
    products = rows.T @ (rows * share[:, None]) + np.diag(penalty)
    return np.linalg.solve(products, rows.T @ (labels * share))


@pytest.fixture
def sampled(monkeypatch):
    """Samples so small that 3,000 rows have them."""
    monkeypatch.setattr(newton, "SAMPLE_CELLS", 2000)
    monkeypatch.setattr(newton, "GRAM_FEATURES_A_MODEL", 0)


def test_least_squares_are_numpys():
    features, labels = _data()
    found, results = _trained(solver.make(_plan(), features, labels))
    rows = np.column_stack([features, np.ones(len(features))]).astype(np.float64)
    expected, squares, _, _ = np.linalg.lstsq(rows, labels, rcond=None)
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-3, atol=1e-5)
    assert results[-1].train_losses[0] == pytest.approx(squares[0] / len(rows), rel=1e-5)
    assert len(results) == 1


@pytest.mark.parametrize("road", ["gram", "sample"])
def test_every_wd_has_its_own_exact_solution(road, request):
    if road == "sample":
        request.getfixturevalue("sampled")
    features, labels = _data()
    decays = (0.0, 1e-3, 1e-2, 0.1, 1.0)
    found, _ = _trained(solver.make(_plan(decays=decays), features, labels))
    for model, decay in enumerate(decays):
        np.testing.assert_allclose(found[model, 0], _ridge(features, labels, decay), rtol=5e-3, atol=5e-4)


@pytest.mark.parametrize("road", ["gram", "sample"])
def test_row_weights_weigh(road, request):
    if road == "sample":
        request.getfixturevalue("sampled")
    features, labels = _data()
    weights = np.random.default_rng(1).uniform(0, 3, len(labels)).astype(np.float32)
    found, _ = _trained(solver.make(_plan(decays=(0.1,)), features, labels, weights))
    np.testing.assert_allclose(found[0, 0], _ridge(features, labels, 0.1, weights), rtol=5e-3, atol=5e-4)


@pytest.mark.parametrize("road", ["whole", "sample"])
@pytest.mark.parametrize("decay", [1e-3, 0.1])
def test_logistic_regression_is_scikit_learns(road, decay, request):
    if road == "sample":
        request.getfixturevalue("sampled")
    features, labels = _data("logistic")
    found, results = _trained(solver.make(_plan("logistic", decays=(decay,)), features, labels))
    peer = LogisticRegression(C=1 / (decay * len(labels)), tol=1e-10, max_iter=1000).fit(features.astype(float), labels)
    np.testing.assert_allclose(found[0, 0, :-1], peer.coef_[0], rtol=5e-3, atol=1e-3)
    assert found[0, 0, -1] == pytest.approx(peer.intercept_[0], abs=2e-3)
    assert len(results) < 12


@pytest.mark.parametrize("road", ["whole", "sample"])
def test_softmax_is_scikit_learns(road, request):
    if road == "sample":
        request.getfixturevalue("sampled")
    features, labels = _data("softmax_loss")
    found, _ = _trained(solver.make(_plan("softmax_loss", decays=(1e-2,)), features, labels))
    peer = LogisticRegression(C=1 / (1e-2 * len(labels)), tol=1e-10, max_iter=1000).fit(features.astype(float), labels)
    np.testing.assert_allclose(found[0, :, :-1], peer.coef_, rtol=1e-2, atol=3e-3)


@pytest.mark.parametrize("loss", ["huber_loss", "eps_insensitive_squared_loss"])
def test_other_smooth_losses_reach_a_point_without_gradient(loss, sampled):
    features, labels = _data()
    plan = _plan(loss)
    found, _ = _trained(solver.make(plan, features, labels))
    margins = features @ found[0, :, :-1].T + found[0, :, -1]
    _, slopes = plan.loss.evaluate(margins[:, None], labels)
    assert np.abs(features.T @ slopes[:, 0] / len(labels)).max() < 1e-3
    assert abs(slopes.mean()) < 1e-3


def test_a_model_is_the_same_alone_and_among_others(sampled):
    features, labels = _data("logistic")
    decays = tuple(np.geomspace(1e-4, 1.0, 32))
    among, _ = _trained(solver.make(_plan("logistic", decays), features, labels))
    for model in (0, 31):
        alone, _ = _trained(solver.make(_plan("logistic", decays[model : model + 1]), features, labels))
        np.testing.assert_allclose(alone[0], among[model], rtol=5e-3, atol=5e-4)


def test_losses_fall_to_the_optimum_within_few_epochs(sampled):
    features, labels = _data("logistic", rows=20_000)
    _, results = _trained(solver.make(_plan("logistic", (1e-4,)), features, labels))
    losses_seen = [float(result.train_losses[0]) for result in results]
    assert losses_seen == sorted(losses_seen, reverse=True) or max(np.diff(losses_seen)) < 1e-6
    assert losses_seen[2] < losses_seen[-1] * (1 + 1e-4)


@pytest.mark.parametrize("loss", ["squared_loss", "logistic", "softmax_loss"])
def test_a_resumed_training_is_the_unbroken_one_to_the_bit(loss, sampled):
    features, labels = _data(loss)
    plan = _plan(loss, decays=(0.0, 1e-2), epochs=6)
    unbroken = solver.make(plan, features, labels)
    for _ in range(3):
        unbroken.epoch()
    state = unbroken.state()
    expected, results = _trained(unbroken)
    resumed = solver.make(plan, features, labels)
    resumed.restore(state)
    found, again = _trained(resumed)
    assert (found == expected).all()
    assert [each.train_losses.tolist() for each in results] == [each.train_losses.tolist() for each in again]


@pytest.mark.parametrize("loss", ["squared_loss", "logistic"])
def test_one_host_may_restore_alone(loss, sampled):
    features, labels = _data(loss)

    def trained(rank, total):
        made = solver.make(_plan(loss, decays=(0.0, 1e-2)), features[rank::2], labels[rank::2], total=total)
        made.epoch()
        if rank == 0:
            made.restore(made.state())
        return made.weights()[0].tolist()

    first, second = together(2, trained)
    assert first == second


def test_the_state_of_another_training_is_refused():
    features, labels = _data()
    state = solver.make(_plan(decays=(0.0, 1.0)), features, labels).state()
    with pytest.raises(ValueError, match="not one of this training"):
        solver.make(_plan(), features, labels).restore(state)


@pytest.mark.parametrize("loss", ["squared_loss", "logistic", "softmax_loss"])
@pytest.mark.parametrize("road", ["whole", "sample"])
def test_hosts_find_what_one_finds(loss, road, request):
    if road == "sample":
        request.getfixturevalue("sampled")
    features, labels = _data(loss)
    plan = _plan(loss, decays=(1e-2,), threads=1)
    alone, _ = _trained(solver.make(plan, features, labels))

    def trained(rank, total):
        mine = slice(0, 1000) if rank == 0 else slice(1000, None)
        return _trained(solver.make(plan, features[mine], labels[mine], total=total))[0]

    first, second = together(2, trained)
    assert (first == second).all()
    np.testing.assert_allclose(first, alone, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("loss", ["squared_loss", "logistic"])
@pytest.mark.parametrize("case", ["scales", "constant", "collinear", "far", "narrower than wide"])
def test_awkward_features_do_no_harm(loss, case):
    width = 40 if case == "narrower than wide" else 6
    features, labels = _data(loss, rows=20 if case == "narrower than wide" else 3000, width=width)
    if case == "scales":
        features *= np.float32([1e6, 1e-3, 1, 1, 1, 1e3])
    elif case == "constant":
        features[:, 2] = 0
    elif case == "collinear":
        features[:, 2] = features[:, 1] * 2
    elif case == "far":
        features += np.float32(1000)
    found, results = _trained(solver.make(_plan(loss), features, labels))
    assert np.isfinite(found).all()
    assert results[-1].train_losses[0] < 0.95 * (labels.var() if loss == "squared_loss" else np.log(2))


@pytest.mark.parametrize("loss", ["logistic", "softmax_loss"])
def test_separable_classes_do_not_blow_up(loss, sampled):
    features, _ = _data(loss)
    labels = np.digitize(features[:, 0], [-0.5, 0.5] if loss == "softmax_loss" else [0]).astype(np.float32)
    found, results = _trained(solver.make(_plan(loss), features, labels))
    assert np.isfinite(found).all()
    assert results[-1].train_losses[0] < 0.1


@pytest.mark.parametrize("loss", ["squared_loss", "logistic", "softmax_loss"])
@pytest.mark.parametrize("rows", [1, 2, 500])
def test_labels_of_one_kind_and_few_rows_are_trained_on(loss, rows):
    features, _ = _data(loss, rows=rows)
    found, results = _trained(solver.make(_plan(loss, (1e-4,)), features, np.ones(rows, dtype=np.float32)))
    assert np.isfinite(found).all()
    assert results[-1].train_losses[0] < 0.2


def test_without_bias_there_is_none(sampled):
    features, labels = _data("logistic")
    features += 1
    found, _ = _trained(solver.make(_plan("logistic", (1e-2,), use_bias=False), features, labels))
    peer = LogisticRegression(C=1 / (1e-2 * len(labels)), tol=1e-10, max_iter=1000, fit_intercept=False)
    peer.fit(features.astype(float), labels)
    assert (found[..., -1] == 0).all()
    np.testing.assert_allclose(found[0, 0, :-1], peer.coef_[0], rtol=1e-2, atol=2e-3)


def test_very_wide_data_keeps_a_diagonal(monkeypatch):
    monkeypatch.setattr(newton, "WIDE", 4)
    features, labels = _data("logistic")
    made = solver.make(_plan("logistic", (1e-2,)), features, labels)
    assert "diagonal" in made.describe()
    found, _ = _trained(made)
    peer = LogisticRegression(C=1 / (1e-2 * len(labels)), tol=1e-10, max_iter=1000).fit(features.astype(float), labels)
    np.testing.assert_allclose(found[0, 0, :-1], peer.coef_[0], rtol=1e-2, atol=2e-3)


def test_threads_share_a_pass():
    features, labels = _data("logistic", rows=50_000)
    alone, _ = _trained(solver.make(_plan("logistic", (1e-2,), threads=1), features, labels))
    shared, _ = _trained(solver.make(_plan("logistic", (1e-2,), threads=3), features, labels))
    np.testing.assert_allclose(shared, alone, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("loss", ["squared_loss", "logistic", "softmax_loss"])
@pytest.mark.parametrize("models", [1, 8])
def test_features_beyond_float32_end_the_training_without_weights_that_are_no_numbers(loss, models):
    features, labels = _data(loss)
    features *= np.float32(1e30)
    found, _ = _trained(solver.make(_plan(loss, tuple(np.geomspace(1e-3, 1, models))), features, labels))
    assert np.isfinite(found).all()
