"""The declaration against SageMaker's table, and against XGBoost itself."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import xgboost

from contract.errors import UserError
from contract.hyperparameters import declared, parse
from training_scripts.xgboost import rules
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.library_parameters import LibraryParameters

OBJECTIVES = (
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
)
# name: (accepted, refused), each by itself beside num_round.
TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "num_round": (("1", "4000"), ("0", "-1", "1.5", "")),
    "csv_weights": (("0", "1"), ("2",)),
    "early_stopping_rounds": (("1",), ("0",)),
    "booster": (("gbtree", "gblinear", "dart"), ("tree",)),
    "verbosity": (("0", "3"), ("4", "-1")),
    "nthread": (("1",), ("0",)),
    "eta": (("0", "1", "0.3", "3e-1"), ("-0.1", "1.1", "nan")),
    "learning_rate": (("0.3",), ("1.1",)),
    "gamma": (("0", "5.5"), ("-1",)),
    "min_split_loss": (("1",), ("-1",)),
    "max_depth": (("0", "6"), ("-3", "6.5")),
    "min_child_weight": (("0", "120"), ("-1",)),
    "max_delta_step": (("0", "0.7"), ("-1",)),
    "subsample": (("1", "0.01"), ("0", "1.1")),
    "colsample_bytree": (("1", "0.01"), ("0", "1.1")),
    "colsample_bylevel": (("1", "0.01"), ("0", "1.1")),
    "colsample_bynode": (("1", "0.01"), ("0", "1.1")),
    "lambda": (("0", "1000"), ("-1",)),
    "reg_lambda": (("0",), ("-1",)),
    "alpha": (("0", "1000"), ("-1",)),
    "reg_alpha": (("0",), ("-1",)),
    "tree_method": (("auto", "exact", "approx", "hist"), ("fast",)),
    "sketch_eps": (("0.03",), ("0", "1")),
    "scale_pos_weight": (("1", "0.5"), ("0",)),
    "updater": (("grow_colmaker,prune", "grow_histmaker", "grow_quantile_histmaker,refresh,sync"), ("grow",)),
    "dsplit": (("row", "col"), ("both",)),
    "refresh_leaf": (("0", "1"), ("2",)),
    "process_type": (("default",), ("new",)),
    "grow_policy": (("depthwise", "lossguide"), ("deep",)),
    "max_leaves": (("0", "31"), ("-1",)),
    "max_bin": (("2", "256"), ("1",)),
    "predictor": (("auto", "cpu_predictor"), ("cpu",)),
    "monotone_constraints": (("(0,1,-1)", "[0, 1]", "( 1 , )"), ("(2)", "0,1", "(a)", "(1.0)", "()")),
    "interaction_constraints": (("[[1,2],[3]]",), ("[1,2]", "[[1.5]]", "[[-1]]", "[]", "[[]]", "((1,2))", "[" * 2000)),
    "sample_type": (("uniform", "weighted"), ("other",)),
    "normalize_type": (("tree", "forest"), ("other",)),
    "rate_drop": (("0", "1"), ("1.1",)),
    "one_drop": (("0", "1"), ("2",)),
    "skip_drop": (("0", "1"), ("1.1",)),
    "lambda_bias": (("0", "1"), ("2",)),
    "tweedie_variance_power": (("1.5",), ("1", "2")),
    "objective": (OBJECTIVES, ("binary", "aft_loss_distribution")),
    "base_score": (("0", "0.5"), ("-1",)),
    "eval_metric": (
        ("rmse", "rmse,mae", "error@0.7", "ndcg@5,map@2-", "tweedie-nloglik@1.5", "ams@0.1", '["rmse", "r2"]'),
        ("", "foo", "rmse,", "rmse@2", "error@", "error@x", "rmse-", "ams", "RMSE", "tweedie-nloglik"),
    ),
    "seed": (("0", "-2147483648", "2147483647"), ("2147483648", "1.0")),
    "num_parallel_tree": (("1",), ("0",)),
    "save_model_on_termination": (("true", "False"), ("yes",)),
    "aft_loss_distribution": (("normal", "logistic", "extreme"), ("other",)),
    "aft_loss_distribution_scale": (("0", "1.5"), ("-1",)),
    "deterministic_histogram": (("true", "false"), ("maybe",)),
    "sampling_method": (("uniform", "gradient_based"), ("other",)),
    "prob_buffer_row": (("2",), ("1",)),
    "single_precision_histogram": (("true", "false"), ("maybe",)),
    "use_dask_gpu_training": (("false",), ("maybe",)),
    "_kfold": (("2",), ("1",)),
    "_num_cv_round": (("1",), ("0",)),
    "_tuning_objective_metric": (("validation:rmse", "train:ndcg", "mae"), ("validation:foo", "")),
    "silent": (("0", "1"), ("2",)),
    "device": (("cpu",), ("gpu",)),
    "max_cat_to_onehot": (("1",), ("0",)),
    "max_cat_threshold": (("1",), ("0",)),
    "multi_strategy": (("one_output_per_tree", "multi_output_tree"), ("other",)),
    "max_cached_hist_node": (("1",), ("0",)),
    "external_memory": (("true", "false"), ("maybe",)),
    "checkpoint_rounds": (("1", "10"), ("0",)),
}
"""SageMaker's table and ours; num_class, multi:*, quantile_alpha and categories need company: see test_rules."""
ACCEPTED = [(name, value) for name, (good, _) in TABLE.items() for value in good]
REFUSED = [(name, value) for name, (_, bad) in TABLE.items() for value in bad]


def given(**raw: str) -> Hyperparameters:
    return parse(Hyperparameters, {"num_round": "1"} | raw)


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
def test_accepted(name: str, value: str) -> None:
    given(**{name: value})


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_refused(name: str, value: str) -> None:
    with pytest.raises(UserError, match=f"^hyperparameter '{name}': ") as caught:
        given(**{name: value})
    assert len(str(caught.value)) < 1024


def test_the_table_leaves_nothing_out() -> None:
    elsewhere = {"num_class", "quantile_alpha", "enable_categorical", "feature_types", "sagemaker_program"}
    assert {item.name for item in declared(Hyperparameters)} - elsewhere <= TABLE.keys()


def test_num_round_is_required() -> None:
    with pytest.raises(UserError, match=r"'num_round' is required and missing \(integer, 1 and up\)"):
        parse(Hyperparameters, {"max_depth": "3"})


def test_only_what_was_given_reaches_the_library() -> None:
    assert given().library_parameters() == {}
    raw = {"reg_lambda": "2", "seed": "7", "csv_weights": "1", "eval_metric": "rmse", "_kfold": "5", "silent": "1"}
    assert given(**raw).library_parameters() == {"lambda": 2.0, "seed": 7}


def test_values_reach_the_library_in_its_own_form() -> None:
    raw = {
        "monotone_constraints": "[0, 1, -1]",
        "interaction_constraints": "[[0, 1], [2]]",
        "refresh_leaf": "True",
        "updater": "grow_colmaker, prune",
        "objective": "reg:quantileerror",
        "quantile_alpha": "0.1,0.9",
    }
    assert given(**raw).library_parameters() == {
        "monotone_constraints": "(0,1,-1)",
        "interaction_constraints": "[[0,1],[2]]",
        "refresh_leaf": 1,
        "updater": "grow_colmaker,prune",
        "objective": "reg:quantileerror",
        "quantile_alpha": "[0.1,0.9]",
    }


def test_gpu_hist_is_hist_on_a_gpu_where_the_build_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": True})
    assert given(tree_method="gpu_hist").library_parameters() == {"tree_method": "hist", "device": "cuda"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, []),
        ({"eval_metric": "rmse,mae,rmse"}, ["rmse", "mae"]),
        ({"_tuning_objective_metric": "validation:rmse"}, ["rmse"]),
        ({"eval_metric": "rmse,mae", "_tuning_objective_metric": "validation:r2"}, ["mae", "r2", "rmse"]),
        ({"eval_metric": "rmse,mae", "_tuning_objective_metric": "validation:rmse"}, ["mae", "rmse"]),
    ],
)
def test_metrics_of_every_round(raw: dict[str, str], expected: list[str]) -> None:
    assert given(**raw).metrics() == expected


REMOVED = [item for item in declared(Hyperparameters) if item.meaning == rules.REMOVED]


@pytest.mark.parametrize("name", [item.name for item in REMOVED])
def test_what_xgboost_no_longer_knows_is_accepted_without_effect(name: str) -> None:
    value = TABLE[name][0][0]
    hyperparameters = given(**{name: value})
    assert hyperparameters.library_parameters() == {}
    assert hyperparameters.without_effect() == {name: rules.REMOVED}
    with pytest.warns(UserWarning, match=rf'Parameters: {{ "{name}" }} are not used'):
        train({name: value})


def test_dropout_has_no_effect_without_dart() -> None:
    assert given(rate_drop="0.1").without_effect() == {
        "rate_drop": "Accepted without effect: it is for booster 'dart'."
    }
    assert given(rate_drop="0.1").library_parameters() == {}
    assert given(rate_drop="0.1", booster="dart").library_parameters() == {"booster": "dart", "rate_drop": 0.1}


TREES = {
    "eta": "0.3", "gamma": "1", "max_depth": "3", "min_child_weight": "1", "max_delta_step": "0.7", "subsample": "0.9",
    "colsample_bytree": "0.9", "colsample_bylevel": "0.9", "colsample_bynode": "0.9", "lambda": "1", "alpha": "1",
    "tree_method": "hist", "scale_pos_weight": "2", "refresh_leaf": "1", "process_type": "default", "seed": "7",
    "grow_policy": "lossguide", "max_leaves": "7", "max_bin": "64", "monotone_constraints": "(1,0,0,-1)",
    "interaction_constraints": "[[0,1],[2,3]]", "base_score": "0.5", "num_parallel_tree": "2", "nthread": "1",
    "sampling_method": "gradient_based", "device": "cpu", "max_cat_to_onehot": "4", "max_cat_threshold": "8",
    "multi_strategy": "one_output_per_tree", "max_cached_hist_node": "128", "verbosity": "1",
}  # fmt: skip
DROPOUT = {
    "sample_type": "weighted",
    "normalize_type": "forest",
    "rate_drop": "0.1",
    "one_drop": "1",
    "skip_drop": "0.5",
}


@pytest.mark.parametrize(
    "raw",
    [
        {"objective": "binary:logistic"} | TREES,
        {"booster": "dart", "objective": "binary:logistic"} | TREES | DROPOUT,
        {"booster": "gblinear", "lambda": "1", "alpha": "0.1", "updater": "coord_descent"},
        {"objective": "reg:tweedie", "tweedie_variance_power": "1.2"},
        {"objective": "reg:quantileerror", "quantile_alpha": "0.5"},
        {"objective": "reg:quantileerror", "quantile_alpha": "0.1,0.9"},
        {"objective": "multi:softprob", "num_class": "2", "multi_strategy": "multi_output_tree"},
        {"objective": "multi:softmax", "num_class": "2", "eval_metric": "auc"},
        {"tree_method": "exact", "monotone_constraints": "(1,0,0,0)"},
    ],
)
def test_xgboost_uses_everything_that_is_passed_to_it(raw: dict[str, str]) -> None:
    """It warns of what it does not use, and warnings are errors here."""
    assert train(given(**raw).library_parameters()).num_boosted_rounds() == 2


def test_every_library_parameter_is_tried_above() -> None:
    tried = TREES.keys() | DROPOUT.keys() | {"objective", "booster", "updater", "tweedie_variance_power"}
    tried |= {"quantile_alpha", "num_class", "aft_loss_distribution", "aft_loss_distribution_scale"}  # aft needs bounds
    assert {item.name for item in declared(LibraryParameters)} == tried


def test_declaring_costs_no_xgboost() -> None:
    script = (
        "import sys, types, pathlib\n"
        "package = types.ModuleType('training_scripts.xgboost')\n"
        "package.__path__ = [str(pathlib.Path('training_scripts/xgboost').resolve())]\n"
        "sys.modules['training_scripts.xgboost'] = package\n"
        "import training_scripts.xgboost.hyperparameters, training_scripts.xgboost.metric_definitions\n"
        "assert not {'xgboost', 'numpy', 'polars'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], check=True)


def train(parameters: dict[str, object]) -> xgboost.Booster:
    random = np.random.default_rng(0)
    features = random.random((64, 4), dtype=np.float32)
    matrix = xgboost.DMatrix(features, features[:, 0] > 0.5)
    with warnings.catch_warnings():
        # The remark about `updater`, which SageMaker's table offers, is no fault of a parameter.
        warnings.filterwarnings("ignore", "(?s).*You have manually specified the `updater` parameter")
        return xgboost.train({"nthread": 1} | parameters, matrix, 2)
