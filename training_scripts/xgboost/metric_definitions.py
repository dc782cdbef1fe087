"""The metrics of a job, their direction, and the regular expressions by which SageMaker finds them in the log.

Source: the metric definitions that the service registers for its XGBoost image; the other names in the same form.
"""

from __future__ import annotations

from contract.metric import Direction, Metric

_MAXIMIZE: Direction = "Maximize"
_MINIMIZE: Direction = "Minimize"

REGISTERED: dict[str, Direction] = {
    "mae": _MINIMIZE,
    "aucpr": _MAXIMIZE,
    "merror": _MINIMIZE,
    "gamma-nloglik": _MINIMIZE,
    "logloss": _MINIMIZE,
    "mlogloss": _MINIMIZE,
    "f1": _MAXIMIZE,
    "accuracy": _MAXIMIZE,
    "mse": _MINIMIZE,
    "poisson-nloglik": _MINIMIZE,
    "tweedie-nloglik": _MINIMIZE,
    "error": _MINIMIZE,
    "ndcg": _MAXIMIZE,
    "map": _MAXIMIZE,
    "auc": _MAXIMIZE,
    "gamma-deviance": _MINIMIZE,
    "rmse": _MINIMIZE,
}
"""Those the service registers, for train and validation both."""

OTHERS: dict[str, Direction] = {
    "balanced_accuracy": _MAXIMIZE,
    "precision": _MAXIMIZE,
    "recall": _MAXIMIZE,
    "r2": _MAXIMIZE,
    "rmsle": _MINIMIZE,
    "mape": _MINIMIZE,
    "f1_binary": _MAXIMIZE,
    "f1_macro": _MAXIMIZE,
    "precision_macro": _MAXIMIZE,
    "precision_micro": _MAXIMIZE,
    "recall_macro": _MAXIMIZE,
    "recall_micro": _MAXIMIZE,
    "mphe": _MINIMIZE,
    "quantile": _MINIMIZE,
    "cox-nloglik": _MINIMIZE,
    "aft-nloglik": _MINIMIZE,
    "interval-regression-accuracy": _MINIMIZE,
    "pre": _MAXIMIZE,
    "ams": _MAXIMIZE,
}
"""Those a user may ask for beyond these. CreateAlgorithm takes 40 definitions, so the likelier ones come first.

interval-regression-accuracy is minimised, as SageMaker's documents have it, though it is an accuracy.
"""

DIRECTIONS: dict[str, Direction] = REGISTERED | OTHERS


def _metric(channel: str, name: str) -> Metric:
    return Metric(
        name=f"{channel}:{name}",
        regex=rf".*\[[0-9]+\].*#011{channel}-{name}:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*",
        direction=DIRECTIONS[name],
        meaning=f"{name} on the {channel} channel, after every round",
        objective=channel == "validation",
    )


METRICS: tuple[Metric, ...] = (
    *(_metric(channel, name) for channel in ("train", "validation") for name in REGISTERED),
    *(_metric(channel, name) for channel in ("validation", "train") for name in OTHERS),
)


def direction(metric: str) -> Direction:
    """The direction of a metric as the log names it, with its threshold: `ndcg@5-`, `error@0.7`."""
    return DIRECTIONS[metric.removesuffix("-").partition("@")[0]]
