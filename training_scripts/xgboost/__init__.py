"""XGBoost, as SageMaker's own image trains it."""

from __future__ import annotations

from contract.dataset import Layout
from training_scripts.channels import Rules
from training_scripts.xgboost.fit import fit
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.metric_definitions import METRICS

__all__ = ["CHANNELS", "METRICS", "Hyperparameters", "fit", "layout"]

CHANNELS = Rules(
    required=("train",),
    optional=("validation",),
    content_types=(
        "text/csv",
        "text/libsvm",
        "text/x-libsvm",
        "application/x-parquet",
        "application/x-recordio-protobuf",
    ),
    default_content_type="text/libsvm",
)


def layout(hyperparameters: Hyperparameters, channel: str) -> Layout:
    """The label first, then with csv_weights the weight, then features, any of which may be missing."""
    return Layout(label=True, weight=bool(hyperparameters.csv_weights))
