"""The line of a round that SageMaker's metric definitions match."""

from __future__ import annotations

from collections.abc import Mapping


def line(step: int, metrics: Mapping[str, float]) -> str:
    """XGBoost's own form: `[0]<TAB>train-rmse:0.10000<TAB>validation-rmse:0.20000`. The service shows TAB as `#011`."""
    return "\t".join([f"[{step}]", *(f"{name}:{value:.5f}" for name, value in metrics.items())])
