"""Labels and weights that cannot be trained on are refused by row, before training."""

from __future__ import annotations

import numpy as np
import pytest

from contract.dataset import Dataset, Sparse
from contract.errors import UserError
from contract.hyperparameters import parse
from training_scripts.xgboost import data_checks
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.plan import plan


def _plan(**given):
    values = parse(Hyperparameters, {"num_round": "1", **given})
    return plan(values, 1, validated=True, checkpointed=False)


def _data(labels, **columns):
    columns = {name: np.asarray(column) for name, column in columns.items()}
    return Dataset(np.zeros((len(labels), 2), np.float32), np.asarray(labels, np.float32), **columns)


@pytest.mark.parametrize(
    ("objective", "good", "bad", "rule"),
    [
        ("binary:logistic", [0, 0.5, 1], 2, r"label must be in \[0,1\] for logistic regression; found 2"),
        ("binary:logitraw", [0, 1], -0.1, r"label must be in \[0,1\]"),
        ("reg:logistic", [0, 0.3, 1], 1.5, r"label must be in \[0,1\]"),
        ("binary:hinge", [0, 1], 0.5, "label must be 0 or 1"),
        ("count:poisson", [0, 3.5], -1, "label must be non-negative"),
        ("reg:tweedie", [0, 3.5], -1, "label must be non-negative"),
        ("reg:gamma", [0.1, 3.5], 0, "label must be positive"),
        ("reg:squaredlogerror", [-0.5, 3], -1, "label must be greater than -1"),
        ("rank:map", [0, 1], 2, "label must be 0 or 1"),
        ("rank:ndcg", [0, 31], 32, "label must be a whole number, 0 to 31"),
        ("survival:cox", [-3, 3], 0, "label must be a time"),
        ("survival:aft", [-3, 3], 0, "label must be a time"),
    ],
)
def test_labels_fit_the_objective(objective, good, bad, rule):
    task = _plan(objective=objective)
    data_checks.check(_data(good), "train", task, alone=True)
    with pytest.raises(UserError, match=rule) as caught:
        data_checks.check(_data([*good, bad, bad]), "train", task, alone=True)
    assert str(caught.value).startswith(f"channel 'train', row {len(good) + 1}: ")
    assert str(caught.value).endswith("and 1 more such rows")


@pytest.mark.parametrize("label", [3, -1, 0.5])
def test_classes_are_whole_numbers_below_num_class(label):
    task = _plan(objective="multi:softmax", num_class="3")
    with pytest.raises(
        UserError, match=r"row 4: label must be in \[0, num_class\), a whole number, and num_class is 3"
    ):
        data_checks.check(_data([0, 1, 2, label]), "train", task, alone=True)


def test_rows_are_counted_over_the_whole_channel():
    with pytest.raises(UserError, match="row 1003"):
        data_checks.check(_data([0, 1, 2]), "train", _plan(objective="binary:hinge"), alone=False, before=1000)


def test_a_missing_label_column():
    with pytest.raises(UserError, match="Got input data without labels"):
        data_checks.check(Dataset(np.zeros((2, 2), np.float32)), "train", _plan(), alone=True)


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf])
def test_weights_are_numbers_from_zero_up(weight):
    with pytest.raises(UserError, match="row 2: the weight of a row"):
        data_checks.check(_data([1, 2], weights=np.array([1, weight], np.float32)), "train", _plan(), alone=True)


@pytest.mark.parametrize("metric", ["auc", "aucpr"])
def test_an_auc_needs_both_classes(metric):
    task = _plan(objective="binary:logistic", eval_metric=f"logloss,{metric}")
    with pytest.raises(UserError, match=rf"channel 'validation': metric '{metric}' needs rows of more than one class"):
        data_checks.check(_data([1, 1, 1]), "validation", task, alone=True)
    data_checks.check(_data([1, 1, 1]), "validation", task, alone=False)


def test_constant_labels_are_trained_on_with_a_warning(caplog):
    data_checks.check(_data([4, 4, 4]), "train", _plan(), alone=True)
    assert "nothing to learn" in caplog.text


def test_query_ids_rise():
    task = _plan(objective="rank:pairwise")
    data_checks.check(_data([0, 1, 0], groups=[1, 1, 2]), "train", task, alone=True)
    with pytest.raises(UserError, match="row 3: query ids must not fall"):
        data_checks.check(_data([0, 1, 0], groups=[1, 2, 1]), "train", task, alone=True)


def test_ranking_without_query_ids_is_one_query_and_says_so(caplog):
    data_checks.check(_data([0, 1, 0]), "train", _plan(objective="rank:ndcg"), alone=True)
    assert "no query ids" in caplog.text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"monotone_constraints": "(1,0,0,-1)"}, "'monotone_constraints' has 4 entries; the data has 3 features"),
        ({"feature_types": "c,q", "enable_categorical": "true"}, "'feature_types' has 2 entries"),
        ({"interaction_constraints": "[[0,3]]"}, "names feature 3; the data has 3 features"),
    ],
)
def test_hyperparameters_speak_of_the_features_there_are(given, says):
    with pytest.raises(UserError, match=says):
        data_checks.check_width(3, parse(Hyperparameters, {"num_round": "1", **given}))


def test_directions_may_end_before_the_features_do():
    data_checks.check_width(3, parse(Hyperparameters, {"num_round": "1", "monotone_constraints": "(1,0)"}))


@pytest.mark.parametrize("category", [1.5, -1])
def test_categories_are_whole_numbers(category):
    given = parse(Hyperparameters, {"num_round": "1", "feature_types": "q,c", "enable_categorical": "true"})
    features = np.array([[-0.5, 3], [0.5, np.nan], [1, category]], np.float32)
    data_checks.check_categories(Dataset(features[:2]), "train", given)
    says = rf"channel 'train', row 13: feature 1 is a category, .* found {category:g}"
    with pytest.raises(UserError, match=says):
        data_checks.check_categories(Dataset(features), "train", given, before=10)
    stored = Sparse(np.array([0, 2, 3, 5]), np.array([0, 1, 0, 0, 1], np.int32), features[~np.isnan(features)], 2)
    with pytest.raises(UserError, match=says):
        data_checks.check_categories(Dataset(stored), "train", given, before=10)
