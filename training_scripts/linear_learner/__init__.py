"""Linear Learner, as SageMaker's built-in algorithm trains it."""

from __future__ import annotations

from contract.dataset import Layout
from training_scripts import logs
from training_scripts.channels import Rules
from training_scripts.linear_learner.fit import fit
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.metric_definitions import METRICS

__all__ = ["CHANNELS", "LOG_FORM", "METRICS", "Hyperparameters", "fit", "layout"]

CHANNELS = Rules(
    required=("train",),
    optional=("validation", "test"),
    content_types=("application/x-recordio-protobuf", "text/csv"),
    default_content_type="application/x-recordio-protobuf",
    short_names={},
)
LOG_FORM = logs.BUILT_IN


def layout(hyperparameters: Hyperparameters, channel: str) -> Layout:
    """The label first, then features, none of which may be missing."""
    return Layout(label=True, missing=False)
