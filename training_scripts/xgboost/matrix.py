"""Dataset -> DMatrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xgboost

from contract.dataset import Dataset, Floats, Sparse
from training_scripts.xgboost.hyperparameters import Hyperparameters


def dmatrix(data: Dataset, hyperparameters: Hyperparameters, threads: int, width: int) -> xgboost.DMatrix:
    """A matrix of `width` features, which copies everything of `data`. Raises XGBoostError for what XGBoost refuses.

    Feature names stay out of it: a model must answer requests whose formats carry none.
    """
    return xgboost.DMatrix(
        features(data, width),
        missing=np.nan,
        nthread=threads,
        **columns(data, hyperparameters),
    )


def features(data: Dataset, width: int) -> Any:
    """The features as XGBoost takes them: the array itself, or scipy's compressed sparse rows over the same memory."""
    if not isinstance(data.features, Sparse):
        return data.features
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # scipy has no types; imported where needed

    sparse = data.features
    return csr_matrix((sparse.values, sparse.columns, sparse.offsets), shape=(data.rows, width))


def columns(data: Dataset, hyperparameters: Hyperparameters) -> dict[str, Any]:
    """What belongs to the rows and features of `data` beside the cells, by DMatrix's names."""
    given: dict[str, Any] = {"label": data.labels, "weight": data.weights, "qid": data.groups}
    if hyperparameters.objective == "survival:aft" and data.labels is not None:
        given["label_lower_bound"], given["label_upper_bound"] = bounds(data.labels)
    if hyperparameters.feature_types is not None:
        given["feature_types"] = list(hyperparameters.feature_types)
        given["enable_categorical"] = bool(hyperparameters.enable_categorical)
    return {name: value for name, value in given.items() if value is not None}


def bounds(labels: Floats) -> tuple[Floats, Floats]:
    """Between which times each row's event lies, for survival:aft. A negative label means, as in survival:cox, that
    nothing had happened until then."""
    lower = np.abs(labels)
    return lower, np.where(labels < 0, np.float32(np.inf), lower)


def blocks_of(rows: int, size: int = 65_536) -> Sequence[slice]:
    """Slices that cover `rows` rows, so that no temporary is as large as the matrix."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
