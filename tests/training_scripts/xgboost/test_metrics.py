"""Metrics against numbers worked out by hand from scikit-learn's formulas."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from contract.errors import UserError
from contract.hyperparameters import parse
from training_scripts.xgboost import metrics
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.plan import plan

TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
PREDICTED = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 0])
"""Of class 0: 3 hits, 2 false, 1 missed. Of class 1: 4 hits, 1 false, 2 missed."""
BY_HAND = {
    "accuracy": 7 / 10,
    "balanced_accuracy": (3 / 4 + 4 / 6) / 2,
    "f1": (6 / 9 + 8 / 11) / 2,
    "f1_macro": (6 / 9 + 8 / 11) / 2,
    "f1_binary": 8 / 11,
    "precision": 4 / 5,
    "precision_macro": (3 / 5 + 4 / 5) / 2,
    "precision_micro": 7 / 10,
    "recall": 4 / 6,
    "recall_macro": (3 / 4 + 4 / 6) / 2,
    "recall_micro": 7 / 10,
}


def test_every_metric_of_classes_is_checked_by_hand():
    assert BY_HAND.keys() == metrics.CLASSIFICATION.keys()


@pytest.mark.parametrize("name", BY_HAND)
def test_metrics_of_classes(name):
    table = metrics.counts(TRUTH, PREDICTED, None, 2)
    assert metrics.CLASSIFICATION[name](table) == pytest.approx(BY_HAND[name])


def test_a_class_that_is_nowhere_does_not_count_and_one_never_predicted_counts_as_zero():
    table = metrics.counts(np.array([0, 0, 1]), np.array([0, 0, 0]), None, 4)
    assert metrics.CLASSIFICATION["precision_macro"](table) == pytest.approx((2 / 3 + 0) / 2)
    assert metrics.CLASSIFICATION["balanced_accuracy"](table) == pytest.approx(0.5)


def test_rows_count_by_their_weight():
    weights = np.array([2, 1, 1], dtype=np.float32)
    table = metrics.counts(np.array([0, 1, 1]), np.array([0, 1, 0]), weights, 2)
    assert metrics.CLASSIFICATION["accuracy"](table) == pytest.approx(3 / 4)


def _evaluate(parameters, features, labels, names, classes, weights=None):
    matrix = xgboost.DMatrix(features, labels, weight=weights)
    booster = xgboost.train({"nthread": 1, **parameters}, matrix, 3)
    values = metrics.evaluate(booster, [(matrix, "train")], 2, names, classes, np.asarray)
    return values, booster.predict(matrix)


@pytest.fixture
def numbers():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(200, 3)).astype(np.float32)
    return features, features[:, 0] * 2 + 5 + generator.normal(size=200).astype(np.float32)


def test_metrics_of_numbers_weighted(numbers):
    features, labels = numbers
    weights = np.linspace(0.5, 2, len(labels)).astype(np.float32)
    values, predicted = _evaluate({"eval_metric": "rmse"}, features, labels, ["mse", "r2"], 0, weights)
    mse = np.average((labels - predicted) ** 2, weights=weights)
    spread = np.average((labels - np.average(labels, weights=weights)) ** 2, weights=weights)
    assert values["train-mse"] == pytest.approx(mse, rel=1e-5)
    assert values["train-r2"] == pytest.approx(1 - mse / spread, rel=1e-5)
    assert values["train-rmse"] == pytest.approx(mse**0.5, rel=1e-5)


def test_metrics_of_numbers_are_on_what_is_served_not_on_the_margin(numbers):
    features, labels = numbers
    counted = np.floor(np.abs(labels))
    values, predicted = _evaluate({"objective": "count:poisson"}, features, counted, ["mse"], 0)
    assert values["train-mse"] == pytest.approx(np.mean((counted - predicted) ** 2), rel=1e-5)


@pytest.mark.parametrize(
    ("objective", "classes"),
    [("binary:logistic", 2), ("binary:logitraw", 2), ("binary:hinge", 2), ("multi:softmax", 4), ("multi:softprob", 4)],
)
def test_the_class_is_that_of_the_largest_margin(numbers, objective, classes):
    features, labels = numbers
    truth = np.digitize(labels, np.quantile(labels, np.arange(1, classes) / classes)).astype(np.float32)
    parameters = {"objective": objective} | ({"num_class": classes} if classes > 2 else {})
    values, predicted = _evaluate(parameters, features, truth, ["accuracy"], classes)
    if predicted.ndim == 2:
        chosen = predicted.argmax(axis=1)
    elif objective == "multi:softmax":
        chosen = predicted
    else:
        chosen = predicted > (0 if objective == "binary:logitraw" else 0.5)
    assert values["train-accuracy"] == pytest.approx(np.mean(truth == chosen))


def test_metrics_of_classes_need_classes():
    with pytest.raises(UserError, match="'accuracy' counts classes"):
        metrics.check(["accuracy"], 0)


@pytest.mark.parametrize("metric", ["mse", "r2", "mse,rmse"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"objective": "multi:softprob", "num_class": "3"}, "a probability of each class"),
        ({"objective": "reg:quantileerror", "quantile_alpha": "0.1,0.9"}, "several quantiles"),
    ],
)
def test_a_metric_of_one_number_refuses_several_before_the_data_is_read(given, says, metric):
    with pytest.raises(UserError, match=f"needs one prediction a row, and this model gives {says}"):
        _plan({**given, "eval_metric": metric})


@pytest.mark.parametrize(
    "given",
    [
        {"objective": "multi:softmax", "num_class": "3"},
        {"objective": "reg:quantileerror", "quantile_alpha": "0.5"},
        {"objective": "reg:squarederror", "quantile_alpha": "0.1,0.9"},
    ],
)
def test_a_metric_of_one_number_is_for_whatever_predicts_one(given, numbers):
    features, labels = numbers
    planned = _plan({**given, "eval_metric": "mse,r2"})
    assert planned.metrics == ("mse", "r2")
    with xgboost.config_context(verbosity=0):
        values, _ = _evaluate(planned.parameters, features, labels > 5, planned.metrics, planned.classes)
    assert values.keys() == {"train-mse", "train-r2"}


def _plan(given):
    values = parse(Hyperparameters, {"num_round": "1", **given})
    return plan(values, 1, validated=False, checkpointed=False)
