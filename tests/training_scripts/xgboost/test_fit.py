"""A whole fit on real data: what is logged, kept, refused and told."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xgboost
from numpy.testing import assert_array_equal

from contract.errors import UserError
from contract.hyperparameters import parse
from training_scripts.xgboost import METRICS
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.plan import plan
from training_scripts.xgboost.summarise import outcome_of

BINARY = {"num_round": "20", "objective": "binary:logistic", "max_depth": "3"}


def test_the_lines_of_a_round_match_sagemakers_regular_expressions(bench, old, capsys):
    bench.put("train", old.train)
    bench.put("validation", old.validation)
    bench.fit(BINARY | {"num_round": "2", "eval_metric": "auc,logloss,f1,accuracy"})
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("[1]"))
    assert re.fullmatch(r"\[1\](\t(train|validation)-[a-z0-9]+:\d+\.\d{5}){8}", line)
    shown = line.replace("\t", "#011")  # as the service shows it
    found = {metric.name: match[1] for metric in METRICS if (match := re.search(metric.regex, shown))}
    assert found.keys() == {f"{c}:{m}" for c in ("train", "validation") for m in ("auc", "logloss", "f1", "accuracy")}
    assert not any(re.search(metric.regex, line) for metric in METRICS)


def test_it_says_what_it_trains_on(bench, old, caplog):
    bench.put("train", old.train)
    bench.put("validation", old.validation)
    with caplog.at_level("INFO"):
        bench.fit(BINARY | {"num_round": "1"})
    said = [record.message for record in caplog.records]
    assert "Single node training." in said
    assert "Train matrix has 1000 rows and 8 columns" in said
    assert "Validation matrix has 500 rows" in said


@pytest.mark.parametrize("booster", [{}, {"booster": "dart", "rate_drop": "0.4"}, {"booster": "gblinear", "eta": "1"}])
@pytest.mark.parametrize("metric", ["rmse,mae", "mae,r2"])
def test_early_stopping_keeps_the_best_round_and_says_so(bench, abalone, matrix, booster, metric, caplog):
    bench.put("train", abalone.train)
    bench.put("validation", abalone.validation)
    given = {"num_round": "60", "eta": "0.9", "eval_metric": metric, "early_stopping_rounds": "3"} | booster
    with caplog.at_level("INFO"):
        fitted = bench.fit(given)
    watched = fitted.history[f"validation-{metric.partition(',')[2]}"]
    best = int(np.argmax(watched) if metric.endswith("r2") else np.argmin(watched))
    assert fitted.details["best_iteration"] == best
    name = f"validation-{metric.partition(',')[2]}"
    stopped = (
        f"Stopped early after round [{best + 3}]: no better {name} in 3 round(s). Best round: [{best}] with {name}:"
    )
    assert (stopped in caplog.text) == (len(watched) < 60)
    assert fitted.metrics == {name: values[best] for name, values in fitted.history.items()}
    features, labels = matrix(abalone.validation)
    served = bench.booster(fitted).predict(xgboost.DMatrix(features))
    assert np.abs(served - labels).mean() == pytest.approx(fitted.metrics["validation-mae"], rel=1e-5)


def test_early_stopping_is_xgboosts_own(bench, old, matrix):
    bench.put("train", old.train)
    bench.put("validation", old.validation)
    fitted = bench.fit(BINARY | {"num_round": "200", "eta": "0.5", "eval_metric": "auc", "early_stopping_rounds": "5"})
    train, validation = (xgboost.DMatrix(*matrix(text)) for text in (old.train, old.validation))
    expected = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 3, "eta": 0.5, "eval_metric": "auc", "nthread": 1},
        train,
        200,
        evals=[(train, "train"), (validation, "validation")],
        callbacks=[xgboost.callback.EarlyStopping(rounds=5, maximize=True, save_best=True)],
        verbose_eval=False,
    )
    assert fitted.details["best_iteration"] == expected.best_iteration
    assert_array_equal(bench.booster(fitted).predict(validation), expected.predict(validation))


def test_early_stopping_watches_the_tuning_jobs_metric(bench, abalone):
    bench.put("train", abalone.train)
    bench.put("validation", abalone.validation)
    given = {"num_round": "60", "eta": "0.9", "eval_metric": "rmse", "early_stopping_rounds": "3"}
    fitted = bench.fit(given | {"_tuning_objective_metric": "validation:mae"})
    assert [name for name in fitted.history if name.startswith("train")] == ["train-mae", "train-rmse"]
    assert fitted.details["best_iteration"] == int(np.argmin(fitted.history["validation-mae"]))


def test_csv_weights_are_for_csv(bench, mushrooms, caplog):
    bench.put("train", mushrooms, "text/libsvm")
    bench.fit({"num_round": "1", "csv_weights": "1"})
    assert "'csv_weights': no effect on text/libsvm" in caplog.text


@pytest.mark.parametrize("given", [{"eval_metric": "rmse"}, {}])
def test_early_stopping_without_a_validation_channel_trains_every_round(bench, abalone, given, caplog):
    """SageMaker's image does so too, but without a word."""
    bench.put("train", abalone.train)
    fitted = bench.fit({"num_round": "9", "early_stopping_rounds": "1", "eta": "1"} | given)
    assert (fitted.details["rounds"], fitted.details["best_iteration"]) == (9, None)
    assert "'early_stopping_rounds': no effect without a 'validation' channel" in caplog.text


@pytest.mark.parametrize(
    ("objective", "metric", "best"),
    [
        ("reg:absoluteerror", "mae", np.argmin),
        ("reg:tweedie", "tweedie-nloglik@1.5", np.argmin),
        ("rank:ndcg", "ndcg@32", np.argmax),
    ],
)
def test_early_stopping_watches_the_objectives_own_metric_where_none_is_named(bench, abalone, objective, metric, best):
    bench.put("train", abalone.train)
    bench.put("validation", abalone.validation)
    fitted = bench.fit({"num_round": "60", "eta": "0.9", "early_stopping_rounds": "3", "objective": objective})
    assert fitted.details["best_iteration"] == int(best(fitted.history[f"validation-{metric}"]))
    assert fitted.details["rounds"] < 60


@pytest.mark.parametrize("more", [{}, {"tree_method": "approx"}, {"csv_weights": "1"}, {"max_bin": "16"}])
def test_external_memory_gives_the_same_model(bench, abalone, monkeypatch, more):
    monkeypatch.setattr("training_scripts.xgboost.external.CHUNK_CELLS", 2_000)
    bench.put("train", abalone.train)
    bench.put("validation", abalone.validation)
    given = {"num_round": "8"} | more
    inside = bench.fit(given)
    outside = bench.fit(given | {"external_memory": "true"})
    assert bench.model(outside) == bench.model(inside)
    assert outside.metrics == inside.metrics
    assert outside.summary.channels == inside.summary.channels


def test_external_memory_of_sparse_rows(bench, mushrooms, monkeypatch):
    monkeypatch.setattr("training_scripts.xgboost.external.CHUNK_CELLS", 2_000)
    bench.put("train", mushrooms, "text/libsvm")
    inside = bench.fit(BINARY)
    outside = bench.fit(BINARY | {"external_memory": "true"})
    assert bench.model(outside) == bench.model(inside)


@pytest.mark.parametrize("more", [{"booster": "gblinear"}, {"tree_method": "exact"}])
def test_external_memory_is_for_trees_of_hist_and_approx(bench, abalone, more):
    bench.put("train", abalone.train)
    with pytest.raises(UserError, match="external_memory"):
        bench.fit({"num_round": "2", "external_memory": "true"} | more)


def test_validation_rows_that_end_early_are_as_wide_as_training(bench, mushrooms):
    rows = mushrooms.splitlines()
    bench.put("train", "\n".join(rows[:500]) + "\n", "text/libsvm")
    bench.put("validation", "\n".join(" ".join(row.split()[:3]) for row in rows[500:]) + "\n", "text/libsvm")
    assert bench.fit(BINARY | {"num_round": "2"}).schema.count == 127


def test_weights_count(bench, abalone, matrix):
    weighted = "\n".join(
        f"{row.split(',', 1)[0]},{i % 7},{row.split(',', 1)[1]}" for i, row in enumerate(_rows(abalone))
    )
    bench.put("train", weighted)
    fitted = bench.fit({"num_round": "5", "csv_weights": "1"})
    features, labels = matrix(abalone.train)
    train = xgboost.DMatrix(features, labels, weight=np.arange(len(labels)) % 7)
    expected = xgboost.train({"nthread": 1}, train, 5)
    assert bench.model(fitted) == bytes(expected.save_raw("ubj"))


def test_categories_split_as_categories(bench, abalone, matrix):
    bench.put("train", abalone.train)
    types = ["c", *("q" * 7)]
    fitted = bench.fit({"num_round": "5", "enable_categorical": "true", "feature_types": ",".join(types)})
    features, labels = matrix(abalone.train)
    train = xgboost.DMatrix(features, labels, feature_types=types, enable_categorical=True)
    assert bench.model(fitted) == bytes(xgboost.train({"nthread": 1}, train, 5).save_raw("ubj"))
    assert fitted.details["feature_types"] == types


def test_survival_times_of_which_some_only_began(bench, abalone, matrix):
    censored = "\n".join(("-" if i % 3 == 0 else "") + row for i, row in enumerate(_rows(abalone)))
    bench.put("train", censored)
    fitted = bench.fit({"num_round": "5", "objective": "survival:aft"})
    features, labels = matrix(abalone.train)
    upper = np.where(np.arange(len(labels)) % 3 == 0, np.inf, labels)
    train = xgboost.DMatrix(features, label_lower_bound=labels, label_upper_bound=upper)
    expected = xgboost.train({"objective": "survival:aft", "nthread": 1}, train, 5)
    assert_array_equal(bench.booster(fitted).predict(train), expected.predict(train))


def test_the_report_is_told_what_the_model_does_on_rows_it_has_not_seen(bench, old):
    bench.put("train", old.train)
    bench.put("validation", old.validation)
    summary = bench.fit(BINARY | {"eval_metric": "error"}).summary
    assert summary.title == "XGBoost, binary:logistic"
    assert summary.confusion.channel == "validation"
    table = np.array(summary.confusion.counts)
    assert table.sum() == 500
    assert 1 - np.trace(table) / 500 == pytest.approx(summary.metrics["validation-error"])
    assert summary.importances.keys() <= {f"f{i}" for i in range(8)}
    assert [(channel.name, channel.rows, channel.columns) for channel in summary.channels] == [
        ("train", 1000, 8),
        ("validation", 500, 8),
    ]
    assert summary.channels[0].label.startswith("2 classes: ")
    assert summary.directions == {"error": "Minimize"}


def test_the_report_of_a_regression_shows_residuals_of_the_training_rows_where_there_are_no_others(bench, abalone):
    bench.put("train", abalone.train)
    summary = bench.fit({"num_round": "5"}).summary
    assert summary.residuals.channel == "train"
    error = np.sqrt(np.mean((summary.residuals.actual - summary.residuals.predicted) ** 2))
    assert error == pytest.approx(summary.metrics["train-rmse"], rel=1e-5)


def test_the_serving_half_is_told_what_it_needs(bench, iris):
    bench.put("train", iris)
    fitted = bench.fit({"num_round": "3", "objective": "multi:softprob", "num_class": "3"})
    assert fitted.details | {"base_score": None} == {
        "objective": "multi:softprob",
        "booster": "gbtree",
        "num_class": 3,
        "base_score": None,
        "best_iteration": None,
        "rounds": 3,
        "outputs": 3,
        "feature_types": None,
    }
    assert fitted.schema.classes == (0, 1, 2)
    assert fitted.schema.count == 4


def test_what_has_no_effect_is_said_and_left_out(bench, abalone, caplog):
    bench.put("train", abalone.train)
    bench.fit({"num_round": "1", "sketch_eps": "0.1", "rate_drop": "0.2"})
    named = {record.message.split("'")[1] for record in caplog.records if record.levelname == "WARNING"}
    assert named == {"sketch_eps", "rate_drop"}


def _rows(abalone):
    return abalone.train.splitlines()


@pytest.mark.parametrize(("rows", "points", "told"), [(2_000, 2_000, None), (4_640, 2_000, 4_640)])
def test_the_report_shows_a_sample_of_many_rows(rows, points, told):
    ours = plan(parse(Hyperparameters, {"num_round": "1"}), 1, validated=True, checkpointed=False)
    residuals = outcome_of(np.zeros(rows, np.float32), np.ones(rows, np.float32), "validation", ours)
    assert (len(residuals.actual), residuals.rows) == (points, told)
