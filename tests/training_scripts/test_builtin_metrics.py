from __future__ import annotations

import json
import math
import re

import pytest

from training_scripts import builtin_metrics
from training_scripts.builtin_metrics import Measured

BY_NAME = {metric.name: metric for metric in builtin_metrics.METRICS}


pytestmark = pytest.mark.usefixtures("built_in_log")


@pytest.mark.parametrize(("done", "percent"), [(1, "6"), (13, "86"), (15, "100")])
def test_progress_is_rounded_down(done: int, percent: str, capsys: pytest.CaptureFixture[str]) -> None:
    builtin_metrics.progress("algo-1", done, 15)
    printed = capsys.readouterr().out
    assert re.fullmatch(
        r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] #progress_metric: host=algo-1, completed \d+ % of epochs\n",
        printed,
    )
    found = re.search(BY_NAME["train:progress"].regex, printed)
    assert found
    assert found[1] == percent


def test_throughput_is_found_by_its_definition(capsys: pytest.CaptureFixture[str]) -> None:
    builtin_metrics.throughput("algo-1", 1000, 0.5)
    found = re.search(BY_NAME["train:throughput"].regex, capsys.readouterr().out)
    assert found
    assert float(found[1]) == 2000


def test_metrics_are_one_line_of_strict_json_without_a_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"update.time": Measured([1.0, 2.0, math.nan]), "none": Measured([])}
    builtin_metrics.metrics("PCA", "algo-1", (1.5, 2.5), values, epoch=0)
    head, _, text = capsys.readouterr().out.partition(" ")
    assert head == "#metrics"
    assert json.loads(text) == {
        "StartTime": 1.5,
        "EndTime": 2.5,
        "Dimensions": {"Algorithm": "PCA", "Host": "algo-1", "Operation": "training", "epoch": 0},
        "Metrics": {
            "update.time": {"sum": 3.0, "count": 3, "min": 1.0, "max": 2.0},
            "none": {"sum": 0.0, "count": 0, "min": None, "max": None},
        },
    }
