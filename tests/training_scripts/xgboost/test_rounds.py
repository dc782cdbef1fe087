"""Bit for bit: the same as xgboost.train without checkpoints, the same broken and unbroken with them."""

from __future__ import annotations

import pytest
import xgboost
from numpy.testing import assert_array_equal

SAMPLED = {"subsample": "0.7", "colsample_bynode": "0.6"}
TASKS = {
    "plain": {},
    "logistic": {"objective": "binary:logistic"},
    "rows": {"objective": "binary:logistic", "subsample": "0.7"},
    "columns of a tree": {"colsample_bytree": "0.6"},
    "columns of a level": {"colsample_bylevel": "0.6"},
    "columns of a node": {"colsample_bynode": "0.6"},
    "by gradient": {"sampling_method": "gradient_based", "subsample": "0.4"},
    "forest": {**SAMPLED, "num_parallel_tree": "3"},
    "lossguide": {**SAMPLED, "grow_policy": "lossguide", "max_leaves": "12", "max_depth": "0"},
    "approx": {**SAMPLED, "tree_method": "approx"},
    "approx, logistic": {**SAMPLED, "objective": "binary:logistic", "tree_method": "approx"},
    "exact": {"subsample": "0.7", "colsample_bytree": "0.6", "tree_method": "exact"},
    "absolute error": {**SAMPLED, "objective": "reg:absoluteerror"},
    "quantiles": {**SAMPLED, "objective": "reg:quantileerror", "quantile_alpha": "0.1,0.9"},
    "dart": {"booster": "dart", "rate_drop": "0.3"},
    "dart, all of it": {
        **SAMPLED,
        "booster": "dart",
        "rate_drop": "0.3",
        "skip_drop": "0.1",
        "sample_type": "weighted",
        "normalize_type": "forest",
    },
    "linear": {"booster": "gblinear"},
    "linear by coordinates": {"booster": "gblinear", "updater": "coord_descent"},
}
CLASSES = {
    "classes": {"objective": "multi:softprob", "num_class": "3"},
    "classes, sampled": {**SAMPLED, "objective": "multi:softmax", "num_class": "3"},
    "classes, one tree for all": {
        "objective": "multi:softprob",
        "num_class": "3",
        "multi_strategy": "multi_output_tree",
        "subsample": "0.7",
    },
}
ROUNDS = {"num_round": "14", "checkpoint_rounds": "5", "seed": "7"}


def _put(bench, task, abalone, old, iris):
    if task in CLASSES:
        bench.put("train", iris)
    else:
        bench.put("train", old.train if task in ("logistic", "rows", "approx, logistic") else abalone.train)


@pytest.mark.parametrize("task", [*TASKS, *CLASSES])
def test_a_broken_training_gives_the_unbroken_model(bench, task, abalone, old, iris, killed):
    _put(bench, task, abalone, old, iris)
    given = ROUNDS | (TASKS | CLASSES)[task]
    unbroken = bench.fit(given, checkpoints=True)
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    for moment in (3, 8, 12):
        with pytest.raises(killed):
            bench.fit(given, checkpoints=True, kill_at=moment)
    broken = bench.fit(given, checkpoints=True)
    assert bench.steps == [10, 11, 12, 13]
    assert bench.model(broken) == bench.model(unbroken)
    assert broken.history == unbroken.history
    assert broken.metrics == unbroken.metrics


@pytest.mark.parametrize("task", [name for name in TASKS if name != "linear"])
def test_without_checkpoints_the_model_is_that_of_xgboost_train(bench, task, abalone, old, iris, matrix):
    _put(bench, task, abalone, old, iris)
    given = {"num_round": "14", "seed": "7"} | TASKS[task]
    fitted = bench.fit(given)
    features, labels = matrix(old.train if task in ("logistic", "rows", "approx, logistic") else abalone.train)
    train = xgboost.DMatrix(features, labels)
    by_hand = {name: value for name, value in given.items() if name != "num_round"} | {"nthread": 1}
    if "quantile_alpha" in by_hand:
        by_hand["quantile_alpha"] = [0.1, 0.9]
    expected = xgboost.train(by_hand, train, 14, evals=[(train, "train")], verbose_eval=False)
    assert bench.model(fitted) == bytes(expected.save_raw("ubj"))


def test_the_racing_linear_updater_predicts_as_xgboost_train_on_one_thread(bench, abalone, matrix):
    bench.put("train", abalone.train)
    fitted = bench.fit({"num_round": "14", "booster": "gblinear", "nthread": "1"})
    train = xgboost.DMatrix(*matrix(abalone.train))
    expected = xgboost.train({"booster": "gblinear", "nthread": 1}, train, 14)
    assert_array_equal(bench.booster(fitted).predict(train), expected.predict(train))


def test_segments_draw_differently_from_each_other(bench, abalone, matrix):
    """The same seed in every segment would drop the same rows again and again."""
    bench.put("train", abalone.train)
    given = {"num_round": "2", "checkpoint_rounds": "1", "subsample": "0.5", "eta": "0"}
    trees = bench.booster(bench.fit(given, checkpoints=True)).get_dump()
    assert trees[0] != trees[1]


def test_a_stop_within_a_segment_is_resumed_there_where_nothing_is_drawn(bench, abalone):
    bench.put("train", abalone.train)
    unbroken = bench.fit(ROUNDS, checkpoints=True)
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    stopped = bench.fit(ROUNDS, checkpoints=True, stop_at=6)
    assert bench.booster(stopped).num_boosted_rounds() == 7
    resumed = bench.fit(ROUNDS, checkpoints=True)
    assert bench.steps == list(range(7, 14))
    assert bench.model(resumed) == bench.model(unbroken)


def test_a_stop_within_a_segment_is_resumed_at_its_start_where_something_is_drawn(bench, abalone):
    bench.put("train", abalone.train)
    given = ROUNDS | SAMPLED
    unbroken = bench.fit(given, checkpoints=True)
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    bench.fit(given, checkpoints=True, stop_at=6)
    assert (bench.base / "checkpoints" / "xgboost-checkpoint.7").exists()
    resumed = bench.fit(given, checkpoints=True)
    assert bench.steps == list(range(5, 14))
    assert bench.model(resumed) == bench.model(unbroken)


@pytest.mark.parametrize(
    "more",
    [{"subsample": "0.8"}, {"booster": "dart", "rate_drop": "0.3"}, {"booster": "gblinear", "eta": "1"}],
)
def test_early_stopping_survives_a_break(bench, abalone, more, killed):
    bench.put("train", abalone.train)
    bench.put("validation", abalone.validation)
    given = {
        "num_round": "60",
        "checkpoint_rounds": "3",
        "eta": "0.8",
        "eval_metric": "mae,rmse",
        "early_stopping_rounds": "4",
    } | more
    unbroken = bench.fit(given, checkpoints=True)
    ended = bench.steps[-1]
    (bench.base / "checkpoints").rename(bench.base / "other-checkpoints")
    with pytest.raises(killed):
        bench.fit(given, checkpoints=True, kill_at=ended)
    broken = bench.fit(given, checkpoints=True)
    assert len(bench.steps) <= 3
    assert bench.model(broken) == bench.model(unbroken)
    assert broken.history == unbroken.history
    assert broken.details == unbroken.details


def test_a_finished_training_resumes_to_the_same_model_without_a_round(bench, abalone):
    bench.put("train", abalone.train)
    given = ROUNDS | SAMPLED | {"num_round": "10"}
    first = bench.fit(given, checkpoints=True)
    again = bench.fit(given, checkpoints=True)
    assert bench.steps == []
    assert bench.model(again) == bench.model(first)
