"""Principal components, as SageMaker's own algorithm finds them."""

from __future__ import annotations

from contract.dataset import Layout
from training_scripts import logs
from training_scripts.channels import Rules
from training_scripts.pca.fit import fit
from training_scripts.pca.hyperparameters import Hyperparameters
from training_scripts.pca.metric_definitions import METRICS

__all__ = ["CHANNELS", "LOG_FORM", "METRICS", "Hyperparameters", "fit", "layout"]

LOG_FORM = logs.BUILT_IN
CHANNELS = Rules(
    required=("train",),
    optional=("test",),
    content_types=("application/x-recordio-protobuf", "text/csv"),
    default_content_type="application/x-recordio-protobuf",
    label_sizes=(0, 1),
    short_names={
        "application/x-labeled-vector-protobuf": "application/x-recordio-protobuf",
        "csv": "text/csv",
        "protobuf": "application/x-recordio-protobuf",
        "recordio-protobuf": "application/x-recordio-protobuf",
    },
)


def layout(hyperparameters: Hyperparameters, channel: str) -> Layout:
    """Features, none of which may be missing; labels mean nothing."""
    return Layout(label=False, missing=False)
