"""The declaration against SageMaker's table, line by line."""

from __future__ import annotations

import pytest

from contract import specification
from contract.errors import UserError
from contract.hyperparameters import declared, parse
from training_scripts.linear_learner.hyperparameters import Hyperparameters

COMPANY = {
    "loss": {"predictor_type": "regressor"},
    "num_classes": {"predictor_type": "multiclass_classifier"},
}
# name: (what the container's own default file says, accepted, refused), beside predictor_type.
TABLE: dict[str, tuple[str | None, tuple[str, ...], tuple[str, ...]]] = {
    "predictor_type": (None, ("binary_classifier", "regressor"), ("classifier", "", "Regressor")),
    "num_classes": ("1", ("3", "1000000"), ("1", "2", "0", "-3", "1000001", "3.5")),
    "feature_dim": ("auto", ("auto", "1", "784"), ("0", "-1", "1.5", "abc")),
    "mini_batch_size": ("1000", ("1", "5000"), ("0", "1e3", "auto")),
    "epochs": ("15", ("1", "100"), ("0", "1.5")),
    "use_bias": ("true", ("true", "false", "True", "False", "1", "0"), ("yes", "")),
    "binary_classifier_model_selection_criteria": (
        "accuracy",
        (
            "accuracy",
            "f_beta",
            "precision_at_target_recall",
            "recall_at_target_precision",
            "loss_function",
            "f1",
            "cross_entropy_loss",
        ),
        ("auc", "F1", ""),
    ),
    "target_recall": ("0.8", ("0.01", "0.99"), ("0", "1", "-0.5")),
    "target_precision": ("0.8", ("0.01", "0.99"), ("0", "1", "nan")),
    "positive_example_weight_mult": ("1.0", ("balanced", "auto", "0.5", "1e5"), ("0", "-1", "inf", "even")),
    "f_beta": ("1.0", ("0.5", "2"), ("0", "-1")),
    "accuracy_top_k": ("3", ("1", "1000000"), ("0", "1000001", "2.5")),
    "balance_multiclass_weights": ("false", ("true", "False"), ("maybe",)),
    "num_models": ("auto", ("auto", "1", "32"), ("0", "many")),
    "num_calibration_samples": ("10000000", ("auto", "1", "10000000"), ("0",)),
    "init_method": ("uniform", ("uniform", "normal"), ("zeros",)),
    "init_scale": ("0.07", ("0.001", "1"), ("0", "-1")),
    "init_sigma": ("0.01", ("0.001", "1"), ("0", "-1")),
    "init_bias": ("0.0", ("0", "-2.5", "3"), ("one",)),
    "optimizer": ("auto", ("auto", "adam", "sgd", "rmsprop"), ("lbfgs",)),
    "loss": (
        "auto",
        (
            "auto",
            "squared_loss",
            "absolute_loss",
            "eps_insensitive_squared_loss",
            "eps_insensitive_absolute_loss",
            "quantile_loss",
            "huber_loss",
        ),
        ("logistic", "hinge_loss", "softmax_loss", "mse"),
    ),
    "wd": ("auto", ("auto", "0", "1e-7", "1"), ("-1",)),
    "l1": ("auto", ("auto", "0", "1e-7", "1"), ("-1",)),
    "momentum": ("auto", ("auto", "0", "0.99"), ("1", "-0.1")),
    "learning_rate": ("auto", ("auto", "1e-5", "1"), ("0", "-1")),
    "beta_1": ("auto", ("auto", "0", "0.9"), ("1",)),
    "beta_2": ("auto", ("auto", "0", "0.999"), ("1",)),
    "bias_lr_mult": ("auto", ("auto", "10"), ("0", "-1")),
    "bias_wd_mult": ("auto", ("auto", "0", "10"), ("-1",)),
    "use_lr_scheduler": ("true", ("true", "false"), ("auto",)),
    "lr_scheduler_step": ("auto", ("auto", "1", "100"), ("0", "1.5")),
    "lr_scheduler_factor": ("auto", ("auto", "0.5"), ("0", "1")),
    "lr_scheduler_minimum_lr": ("auto", ("auto", "1e-5"), ("0",)),
    "normalize_data": ("true", ("auto", "true", "false"), ("2",)),
    "normalize_label": ("auto", ("auto", "true", "false"), ("2",)),
    "unbias_data": ("auto", ("auto", "true", "false"), ("2",)),
    "unbias_label": ("auto", ("auto", "true", "false"), ("2",)),
    "num_point_for_scaler": ("10000", ("1", "10000"), ("0", "auto")),
    "margin": ("1.0", ("0", "2.5"), ("-1",)),
    "quantile": ("0.5", ("0.1", "0.9"), ("0", "1")),
    "loss_insensitivity": ("0.01", ("0.001", "2"), ("0", "-1")),
    "huber_delta": ("1.0", ("0", "2"), ("-1",)),
    "early_stopping_patience": ("3", ("1", "1000"), ("0", "1.5")),
    "early_stopping_tolerance": ("0.001", ("1e-9", "1"), ("0", "-1")),
    "_tuning_objective_metric": ("", ("validation:objective_loss", ""), ()),
    "_num_gpus": ("auto", ("auto", "0", "1"), ("-1", "all")),
    "_num_kv_servers": ("auto", ("auto", "1"), ("some",)),
    "_kvstore": ("auto", ("auto", "local", "dist_sync"), ()),
    "_log_level": ("info", ("info", "debug"), ("loud",)),
    "_enable_profiler": ("false", ("false", "true"), ("maybe",)),
}
ACCEPTED = [(name, value) for name, (_, good, _) in TABLE.items() for value in good]
REFUSED = [(name, value) for name, (_, _, bad) in TABLE.items() for value in bad]


def raw(name: str, value: str) -> dict[str, str]:
    return {"predictor_type": "binary_classifier"} | COMPANY.get(name, {}) | {name: value}


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
def test_accepted(name: str, value: str) -> None:
    parse(Hyperparameters, raw(name, value))


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_refused_by_name_and_value(name: str, value: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(Hyperparameters, raw(name, value))
    assert f"hyperparameter {name!r}: {value!r}" in caught.value.message
    assert caught.value.exit_code == 1


def test_the_table_is_complete() -> None:
    assert {item.name for item in declared(Hyperparameters)} == TABLE.keys()


def test_defaults_are_those_of_the_container() -> None:
    defaults = {item.name: specification.default(item) for item in declared(Hyperparameters)}
    assert defaults == {name: default for name, (default, _, _) in TABLE.items()}


def test_hidden_ones_are_those_of_the_platform() -> None:
    hidden = {item.name for item in declared(Hyperparameters) if item.hidden}
    assert hidden == {name for name in TABLE if name.startswith("_")}


def test_predictor_type_is_required() -> None:
    with pytest.raises(UserError, match=r"hyperparameter 'predictor_type' is required and missing"):
        parse(Hyperparameters, {})


@pytest.mark.parametrize(("key", "meant"), [("mini_batch_siz", "mini_batch_size"), ("L1", "l1"), ("lossfn", "loss")])
def test_unknown_ones_are_refused_with_the_nearest_name(key: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"is unknown; did you mean '{meant}'"):
        parse(Hyperparameters, {"predictor_type": "regressor", key: "1"})


@pytest.mark.parametrize("value", ["lr", "auc"])
def test_an_unknown_criterion_is_told_the_known_ones(value: str) -> None:
    with pytest.raises(UserError, match="one of 'accuracy', 'f_beta', 'precision_at_target_recall'"):
        parse(Hyperparameters, raw("binary_classifier_model_selection_criteria", value))


@pytest.mark.parametrize(("former", "name"), [("f1", "f_beta"), ("cross_entropy_loss", "loss_function")])
def test_former_names_of_criteria(former: str, name: str) -> None:
    values = parse(Hyperparameters, raw("binary_classifier_model_selection_criteria", former))
    assert values.binary_classifier_model_selection_criteria == name


@pytest.mark.parametrize(
    ("given", "models"),
    [
        ({}, 32),
        ({"num_models": "auto"}, 32),
        ({"num_models": "5"}, 5),
        ({"_tuning_objective_metric": "validation:objective_loss"}, 1),
        ({"_tuning_objective_metric": "validation:objective_loss", "num_models": "5"}, 1),
        ({"_tuning_objective_metric": ""}, 32),
    ],
)
def test_parallel_models(given: dict[str, str], models: int) -> None:
    assert parse(Hyperparameters, {"predictor_type": "regressor"} | given).models == models


def test_tuning_ranges_are_those_of_the_guide() -> None:
    assert specification.tuning_ranges(Hyperparameters) == {
        "IntegerParameterRanges": [
            {"Name": "mini_batch_size", "MinValue": "100", "MaxValue": "5000", "ScalingType": "Auto"}
        ],
        "ContinuousParameterRanges": [
            {"Name": "learning_rate", "MinValue": "1e-05", "MaxValue": "1", "ScalingType": "Auto"},
            {"Name": "wd", "MinValue": "1e-07", "MaxValue": "1", "ScalingType": "Auto"},
            {"Name": "l1", "MinValue": "1e-07", "MaxValue": "1", "ScalingType": "Auto"},
            {
                "Name": "positive_example_weight_mult",
                "MinValue": "1e-05",
                "MaxValue": "100000",
                "ScalingType": "Auto",
            },
        ],
        "CategoricalParameterRanges": [{"Name": "use_bias", "Values": ["true", "false"]}],
    }
