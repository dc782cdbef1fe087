"""How well components explain the rows of a channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats, Sparse
from training_scripts.pca.artifact import Arrays
from training_scripts.pca.components import Components
from training_scripts.pca.moments import Doubles, Total

BLOCK_CELLS = 1 << 20
"""Cells made float64 at a time."""


@dataclass(frozen=True)
class Score:
    """Sums of squares over `rows` rows of `width` features: of their distances from the mean, and of what is left of
    these when the components have explained their part."""

    rows: int
    width: int
    spread: float
    left: float

    @property
    def share(self) -> float:
        """Explained of the spread, 0 to 1. Where all rows are the mean itself nothing is left to explain: 1."""
        return max(0.0, 1.0 - self.left / self.spread) if self.spread else 1.0

    @property
    def error(self) -> float:
        """The mean squared difference of a cell from its reconstruction."""
        return self.left / max(1, self.rows * self.width)


def of_training(found: Components) -> Score:
    """On the rows that the components were found in."""
    left = max(0.0, found.spread - float((found.values**2).sum()))
    return Score(found.rows, len(found.vectors), found.spread, left)


def measure(blocks: Iterable[Floats | Sparse], model: Arrays, total: Total) -> Score:
    """Of the model's arrays on the rows of all hosts."""
    vectors = model["v"].astype(np.float64)
    mean = model["mean"].astype(np.float64) if "mean" in model else np.zeros((1, len(vectors)))
    sums = np.zeros(3)
    for block in blocks:
        step = max(1, BLOCK_CELLS // len(vectors))
        for start in range(0, block.shape[0], step):
            sums += _sums(block[start : start + step], vectors, mean)
    rows, spread, left = total(sums)
    return Score(int(rows), len(vectors), float(spread), float(left))


def _sums(rows: Floats | Sparse, vectors: Doubles, mean: Doubles) -> Doubles:
    dense = rows.dense(len(vectors)) if isinstance(rows, Sparse) else rows
    centred = dense - mean
    spread = np.vdot(centred, centred)
    centred -= (centred @ vectors) @ vectors.T
    return np.array([len(centred), spread, np.vdot(centred, centred)])
