"""The lines of a whole log, to the character."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from training_scripts import logs
from training_scripts.linear_learner import METRICS, lines
from training_scripts.linear_learner.grid import Setting
from training_scripts.logs import LOG

PREFIX = r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] "


@pytest.fixture(autouse=True)
def _form(monkeypatch):
    """Lines as a job prints them."""
    before = (LOG.handlers, LOG.propagate, LOG.level)
    logs.configure(logs.BUILT_IN)
    yield
    LOG.handlers, LOG.propagate = before[0], before[1]
    LOG.setLevel(before[2])


def printed(capsys) -> list[str]:
    return [re.sub(rf"^{PREFIX}", "> ", line) for line in capsys.readouterr().out.splitlines()]


def test_an_epoch(capsys):
    lines.of_epoch("algo-1", 0, "train", "binary_classification_cross_entropy_objective", 0.59568)
    lines.criterion("algo-1", 0, "sampled_accuracy", 0.9433778067041234)
    lines.verdict(0, 0)
    lines.verdict(1, 1)
    assert printed(capsys) == [
        "> #quality_metric: host=algo-1, epoch=0, train binary_classification_cross_entropy_objective <loss>=0.59568",
        "> #early_stopping_criteria_metric: host=algo-1, epoch=0, criteria=sampled_accuracy, value=0.943377806704",
        "> Epoch 0: Loss improved. Updating best model",
        "> Epoch 1: Loss has not improved for 1 epochs.",
    ]


def test_the_final_model(capsys):
    values = {"mse_objective": np.float64(1.5), "binary_classification_accuracy": 0.9947933615359583}
    lines.final("algo-1", "validation", values, lambda name: "loss" if name == "mse_objective" else "score")
    assert printed(capsys) == [
        "> #validation_score (algo-1) : ('mse_objective', 1.5)",
        "> #validation_score (algo-1) : ('binary_classification_accuracy', 0.9947933615359583)",
        "> #quality_metric: host=algo-1, validation mse_objective <loss>=1.5",
        "> #quality_metric: host=algo-1, validation binary_classification_accuracy <score>=0.994793361536",
    ]


def test_the_winner(capsys):
    lines.winner(Setting(0.1, 0.0001, 0.0, 100, 0.99, 1e-05), "adam")
    assert printed(capsys) == [
        '> Best model found for hyperparameters: {"lr_scheduler_step": 100, "wd": 0.0001, "optimizer": "adam", '
        '"lr_scheduler_factor": 0.99, "l1": 0.0, "learning_rate": 0.1, "lr_scheduler_minimum_lr": 1e-05}'
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1.0, "1.0"),
        (12.0, "12.0"),
        (1e-5, "1e-05"),
        (1e20, "1e+20"),
        (1 / 3, "0.333333333333"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_look_as_python_2_wrote_them(value, text):
    assert lines.number(value) == text


def test_every_model_has_a_line_of_json(capsys):
    losses = {"train": [0.5, 0.25], "validation": [1.5, float("nan")]}
    lines.models_of_epoch("algo-1", (1.0, 2.5), 3, "mse_objective", losses)
    first, second = (json.loads(line.removeprefix("#metrics ")) for line in capsys.readouterr().out.splitlines())
    assert first == {
        "StartTime": 1.0,
        "EndTime": 2.5,
        "Dimensions": {
            "Algorithm": "Linear Learner",
            "Host": "algo-1",
            "Operation": "training",
            "epoch": 3,
            "model": 0,
        },
        "Metrics": {
            "train_mse_objective": {"sum": 0.5, "count": 1, "min": 0.5, "max": 0.5},
            "validation_mse_objective": {"sum": 1.5, "count": 1, "min": 1.5, "max": 1.5},
        },
    }
    assert second["Dimensions"]["model"] == 1
    assert second["Metrics"]["validation_mse_objective"]["max"] is None


def test_every_registered_expression_finds_its_line_in_a_real_log(bench, two, three, numbers, capsys):
    found = {}
    for given, rows in (
        ({"predictor_type": "binary_classifier"}, two),
        ({"predictor_type": "regressor"}, numbers),
        ({"predictor_type": "multiclass_classifier", "num_classes": "3", "balance_multiclass_weights": "true"}, three),
    ):
        small = {"mini_batch_size": "50", "epochs": "2", "num_models": "2"} | given
        for channels in (("train",), ("train", "validation", "test")):
            for seed, channel in enumerate(channels):
                bench.rows(channel, rows(120, seed))
            bench.fit(small)
            for line in capsys.readouterr().out.splitlines():
                found |= {
                    metric.name: float(match[1]) for metric in METRICS if (match := re.search(metric.regex, line))
                }
        bench.forget()
    assert found.keys() == {metric.name for metric in METRICS}
