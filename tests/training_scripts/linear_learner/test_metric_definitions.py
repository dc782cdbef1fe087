"""The definitions against those that the service registers."""

from __future__ import annotations

import re

import pytest

from contract import limits
from training_scripts.linear_learner.metric_definitions import METRICS

H = r"#quality_metric: host=\S+"
REGISTERED = {
    "train:progress": r"#progress_metric: host=\S+, completed (\S+) %",
    "train:throughput": r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
    "train:objective_loss": H + r", epoch=\S+, train \S+_objective <loss>=(\S+)",
    "validation:objective_loss": H + r", epoch=\S+, validation \S+_objective <loss>=(\S+)",
    "train:objective_loss:final": H + r", train \S+_objective <loss>=(\S+)",
    "validation:objective_loss:final": H + r", validation \S+_objective <loss>=(\S+)",
    "test:objective_loss": H + r", test \S+_objective <loss>=(\S+)",
    **{
        f"{channel}:{name}": H + rf", {channel} {stem} <{kind}>=(\S+)"
        for channel in ("train", "validation", "test")
        for name, stem, kind in (
            ("mse", "mse", "loss"),
            ("absolute_loss", "absolute_loss", "loss"),
            ("binary_classification_accuracy", "binary_classification_accuracy", "score"),
            ("binary_f_beta", r"binary_f_\S+", "score"),
            ("precision", "precision", "score"),
            ("recall", "recall", "score"),
        )
    },
    **{
        f"{channel}:{name}": H + rf", {channel} {stem} <score>=(\S+)"
        for channel in ("validation", "test")
        for name, stem in (
            ("multiclass_accuracy", "multiclass_accuracy"),
            ("multiclass_top_k_accuracy", r"multiclass_top_k_accuracy_\S+"),
            ("dcg", "dcg"),
            ("macro_recall", "macro_recall"),
            ("macro_precision", "macro_precision"),
            ("macro_f_beta", r"macro_f_\S+"),
        )
    },
}
LATER = {"validation:roc_auc_score", "test:roc_auc_score", "validation:rmse"}
MAXIMIZED = (
    "binary_classification_accuracy binary_f_beta dcg macro_f_beta macro_precision macro_recall multiclass_accuracy "
    "multiclass_top_k_accuracy precision recall roc_auc_score"
)


def test_they_are_those_that_the_service_registers_to_the_character() -> None:
    regexes = {metric.name: metric.regex for metric in METRICS}
    assert {name: regex for name, regex in regexes.items() if name not in LATER} == REGISTERED
    assert regexes.keys() - REGISTERED.keys() == LATER


def test_a_job_takes_all_of_them() -> None:
    assert len(METRICS) <= limits.METRIC_DEFINITION_COUNT
    assert all(re.compile(metric.regex).groups == 1 for metric in METRICS)


def test_a_tuning_job_may_optimise_what_the_guide_lists() -> None:
    up = {f"{channel}:{name}" for channel in ("validation", "test") for name in MAXIMIZED.split()}
    down = {
        f"{channel}:{name}" for channel in ("validation", "test") for name in ("absolute_loss", "mse", "objective_loss")
    }
    objectives = {metric.name: metric.direction for metric in METRICS if metric.objective}
    assert objectives == dict.fromkeys(up, "Maximize") | dict.fromkeys({*down, "validation:rmse"}, "Minimize")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "#quality_metric: host=algo-1, epoch=0, train binary_classification_cross_entropy_objective <loss>=0.59568",
            {"train:objective_loss": "0.59568"},
        ),
        (
            "#quality_metric: host=algo-1, validation mse_objective <loss>=12.5",
            {"validation:objective_loss:final": "12.5"},
        ),
        ("#quality_metric: host=algo-1, test mse <loss>=1e-05", {"test:mse": "1e-05"}),
        ("#quality_metric: host=algo-1, validation rmse <loss>=3.5", {"validation:rmse": "3.5"}),
        ("#quality_metric: host=algo-1, validation binary_f_1.000 <score>=0.5", {"validation:binary_f_beta": "0.5"}),
        (
            "#quality_metric: host=algo-1, test roc_auc_score <score>=0.999274794808",
            {"test:roc_auc_score": "0.999274794808"},
        ),
        ("#progress_metric: host=algo-1, completed 6 % of epochs", {"train:progress": "6"}),
        (
            "#throughput_metric: host=algo-1, train throughput=22356.2318742 records/second",
            {"train:throughput": "22356.2318742"},
        ),
    ],
)
def test_lines_of_public_logs(line: str, found: dict[str, str]) -> None:
    matches = {metric.name: re.search(metric.regex, f"[11/29/2026 08:30:00 INFO 140] {line}") for metric in METRICS}
    assert {name: match[1] for name, match in matches.items() if match} == found
