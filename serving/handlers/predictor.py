"""What predict_fn gets where a script has no model_fn: the image's own algorithm with its model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from contract.dataset import Dataset, Layout
from serving.model import Model


@dataclass(frozen=True)
class Predictor:
    """`model.predict(rows)`, and `model.width` for the features that it takes."""

    model: Model

    @property
    def width(self) -> int:
        return self.model.schema.count

    @property
    def absent(self) -> float:
        """What a cell is that a sparse row does not name."""
        return self.model.manners.absent

    @property
    def layout(self) -> Layout:
        """What its requests hold."""
        return Layout(width=self.width, missing=self.model.schema.missing_allowed)

    def predict(self, rows: ArrayLike) -> NDArray[Any]:
        """Predictions (rows,), or (rows, outputs), of `rows` (rows, width), or of one row; NaN stands for missing.

        Of a classifier they are the scores, whatever labels its own answers have beside them.
        Raises an error for the client where the width is another one.
        """
        features = np.ascontiguousarray(np.atleast_2d(np.asarray(rows, np.float32)))
        column, *_ = self.model.predict(Dataset(features)).columns.values()
        return np.asarray(column)
