"""The definitions against log lines, and against those that the service registers."""

from __future__ import annotations

import re

import pytest

from training_scripts.xgboost.metric_definitions import DIRECTIONS, METRICS, REGISTERED, direction

LINE = "[12]\ttrain-rmse:0.25\ttrain-aucpr:0.5\tvalidation-rmse:1.5e-05\tvalidation-auc:0.875\tvalidation-aucpr:-2"


def found(line: str) -> dict[str, float]:
    matches = {metric.name: re.match(metric.regex, line) for metric in METRICS}
    return {name: float(match[1]) for name, match in matches.items() if match}


def test_they_read_a_line_as_the_service_shows_it() -> None:
    assert found(LINE.replace("\t", "#011")) == {
        "train:rmse": 0.25,
        "train:aucpr": 0.5,
        "validation:rmse": 1.5e-05,
        "validation:auc": 0.875,
        "validation:aucpr": -2,
    }


def test_a_tab_as_it_stands_in_the_container_is_not_what_they_read() -> None:
    assert found(LINE) == {}


def test_the_expression_is_the_service_s_own() -> None:
    (metric,) = (metric for metric in METRICS if metric.name == "validation:auc")
    assert metric.regex == r".*\[[0-9]+\].*#011validation-auc:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"


def test_the_34_that_the_service_registers_come_first() -> None:
    assert [metric.name for metric in METRICS[:34]] == [
        f"{channel}:{name}" for channel in ("train", "validation") for name in REGISTERED
    ]


MAXIMIZED = (
    "accuracy auc aucpr balanced_accuracy f1 f1_binary f1_macro map ndcg precision precision_macro precision_micro r2 "
    "recall recall_macro recall_micro"
)
MINIMIZED = (
    "aft-nloglik cox-nloglik error gamma-deviance gamma-nloglik interval-regression-accuracy logloss mae mape merror "
    "mlogloss mphe mse poisson-nloglik rmse rmsle tweedie-nloglik"
)


@pytest.mark.parametrize(("way", "names"), [("Maximize", MAXIMIZED), ("Minimize", MINIMIZED)])
def test_directions(way: str, names: str) -> None:
    for name in names.split():
        assert DIRECTIONS[name] == way
        of_channels = {metric.name: metric for metric in METRICS if metric.name.endswith(f":{name}")}
        assert {metric.direction for metric in of_channels.values()} == {way}
        assert of_channels.keys() == {f"train:{name}", f"validation:{name}"}
        assert of_channels[f"validation:{name}"].objective
        assert not of_channels[f"train:{name}"].objective


@pytest.mark.parametrize(
    ("metric", "way"), [("ndcg@5-", "Maximize"), ("map-", "Maximize"), ("error@0.7", "Minimize"), ("auc", "Maximize")]
)
def test_direction_with_a_threshold(metric: str, way: str) -> None:
    assert direction(metric) == way
