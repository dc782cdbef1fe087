"""The metrics of a job. The service registers the first two for its PCA; the others are ours, in Linear Learner's form.

What SageMaker's own image prints for the test channel is not known.
"""

from __future__ import annotations

from contract.metric import Metric
from training_scripts import builtin_metrics
from training_scripts.logs import LOG

_LINE = r"#quality_metric: host=\S+"
SHARE = "explained_variance_ratio"
ERROR = "reconstruction_mse"
_MEANINGS = {
    SHARE: "Share of the squared distances from the mean that the kept components explain, 0 to 1",
    ERROR: "Mean squared difference of a cell from what the kept components make of its row",
}


def _metrics(channel: str) -> tuple[Metric, ...]:
    return (
        Metric(
            f"{channel}:{SHARE}",
            rf"{_LINE}, {channel} {SHARE} <score>=(\S+)",
            "Maximize",
            f"{_MEANINGS[SHARE]}, on the {channel} channel.",
            objective=channel == "test",
        ),
        Metric(
            f"{channel}:{ERROR}",
            rf"{_LINE}, {channel} {ERROR} <loss>=(\S+)",
            "Minimize",
            f"{_MEANINGS[ERROR]}, on the {channel} channel.",
            objective=channel == "test",
        ),
    )


METRICS: tuple[Metric, ...] = (*builtin_metrics.METRICS, *_metrics("train"), *_metrics("test"))


def log(host: str, channel: str, share: float, error: float) -> dict[str, float]:
    """Print both of a channel; their values by the names of a report."""
    LOG.info("#quality_metric: host=%s, %s %s <score>=%s", host, channel, SHARE, share)
    LOG.info("#quality_metric: host=%s, %s %s <loss>=%s", host, channel, ERROR, error)
    return {f"{channel}-{SHARE}": share, f"{channel}-{ERROR}": error}
