"""The lines that SageMaker's built-in algorithms have in common: progress, throughput, and `#metrics` as JSON.

Source: logs of public training jobs of Linear Learner and PCA; the metric definitions that the service registers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.metric import Metric
from training_scripts import logs
from training_scripts.logs import LOG

METRICS = (
    Metric(
        "train:progress",
        r"#progress_metric: host=\S+, completed (\S+) %",
        "Maximize",
        "Share of the epochs that are done, in percent.",
        objective=False,
    ),
    Metric(
        "train:throughput",
        r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
        "Maximize",
        "Records trained on in a second.",
        objective=False,
    ),
)


def progress(host: str, done: int, of: int) -> None:
    """After `done` epochs of `of`: `#progress_metric: host=algo-1, completed 6 % of epochs`."""
    LOG.info("#progress_metric: host=%s, completed %d %% of epochs", host, 100 * done // of)


def throughput(host: str, records: int, seconds: float) -> None:
    """`#throughput_metric: host=algo-1, train throughput=22356.2318742 records/second`."""
    LOG.info("#throughput_metric: host=%s, train throughput=%s records/second", host, records / max(seconds, 1e-9))


@dataclass(frozen=True)
class Measured:
    """Several values of one metric, of which the line tells sum, count and ends."""

    values: Sequence[float]

    def summary(self) -> dict[str, float | int | None]:
        finite = [value for value in self.values if math.isfinite(value)]
        ends = (min(finite), max(finite)) if finite else (None, None)
        return {"sum": math.fsum(finite), "count": len(self.values), "min": ends[0], "max": ends[1]}


def metrics(
    algorithm: str,
    host: str,
    span: tuple[float, float],
    values: Mapping[str, Measured],
    **dimensions: int | str,
) -> None:
    """`#metrics {...}` without a prefix. `algorithm` as the service calls it ("Linear Learner"), `span` when it
    began and ended, in seconds since 1970, `dimensions` such as epoch=3, model=0 or Meta="training_data_iter"."""
    line = {
        "StartTime": span[0],
        "EndTime": span[1],
        "Dimensions": {"Algorithm": algorithm, "Host": host, "Operation": "training", **dimensions},
        "Metrics": {name: measured.summary() for name, measured in values.items()},
    }
    logs.line(f"#metrics {json.dumps(line, allow_nan=False)}")
