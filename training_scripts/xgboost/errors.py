"""XGBoost's complaints, told apart: what the user can mend, and what is a fault of ours or the library's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xgboost.core import XGBoostError

from contract.errors import AlgorithmError, PlatformError, UserError
from training_scripts.xgboost_messages import LOST, reason

USERS = (
    "label must be",
    "labels must be",
    "base_score",
    "feature_names mismatch",
    "feature_types",
    "preds.size() == info.labels_.size()",
    "only contains pos or neg samples",
    "should be greater equal to",
    "should be in range",
    "Invalid Input",
    "Weights must be positive",
    "monotone constraint",
    "Constrained features",
    "`qid`",
    "Relevance degr",
    "can only be used",
    "label and prediction size not match",
    "quantile_alpha",
    "is not yet supported",
    "not supported",
    "Only the hist tree method",
    "Unknown tree updater",
    "contains `inf`",
    "number of categor",
    "Invalid categorical",
    "Must have at least 1 validation dataset",
    "labels_lower_bound_",
)
"""Words of XGBoost's messages about data or hyperparameters."""
SURROUNDINGS = (
    "Failed to bootstrap",
    "tracker",
    "[comm.cc",
    "[socket.",
    "allgather.",
    "allreduce.",
    "broadcast.",
    "coll.",
)
"""Words of its messages about the other hosts."""
SYSTEM_SPACE = ("No space left on device", "Failed to write", "fwrite")


@contextmanager
def explained() -> Iterator[None]:
    """Turn an XGBoostError into UserError, PlatformError or AlgorithmError, its cause first and no trace in it."""
    try:
        yield
    except XGBoostError as error:
        raise explain(str(error)) from error


def explain(text: str) -> UserError | PlatformError | AlgorithmError:
    """The error of ours that XGBoost's message stands for."""
    cause = reason(text)
    if any(words in text for words in SURROUNDINGS):
        return PlatformError(f"{LOST}: {cause}")
    if any(words in text for words in SYSTEM_SPACE):
        return PlatformError(f"XGBoost could not write: {cause}")
    if any(words in text for words in USERS):
        return UserError(f"XGBoost does not accept the data or the hyperparameters: {cause}")
    return AlgorithmError(f"XGB train call failed with exception: {cause}")
