"""How well components explain the rows of a channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats, Sparse
from training_scripts.pca.moments import Doubles, Total

BLOCK_CELLS = 1 << 20
"""Cells made float64 at a time."""


@dataclass(frozen=True)
class Score:
    """Sums of squares over `rows` rows of `width` features: of their distances from the mean, and what is explained."""

    rows: int
    width: int
    spread: float
    explained: float

    @property
    def share(self) -> float:
        """Of the spread, 0 to 1. Where all rows are the mean itself nothing is left to explain: 1."""
        return min(1.0, self.explained / self.spread) if self.spread else 1.0

    @property
    def error(self) -> float:
        """The mean squared difference of a cell from its reconstruction."""
        return max(0.0, self.spread - self.explained) / max(1, self.rows * self.width)


def measure(blocks: Iterable[Floats | Sparse], model: dict[str, Floats], total: Total) -> Score:
    """Of the model's arrays (see artifact) on the rows of all hosts."""
    vectors = model["v"].astype(np.float64)
    mean = model["mean"].astype(np.float64) if "mean" in model else np.zeros((1, len(vectors)))
    sums = np.zeros(3)
    for block in blocks:
        step = max(1, BLOCK_CELLS // len(vectors))
        for start in range(0, block.shape[0], step):
            sums += _sums(block[start : start + step], vectors, mean)
    rows, spread, explained = total(sums)
    return Score(int(rows), len(vectors), float(spread), float(explained))


def _sums(rows: Floats | Sparse, vectors: Doubles, mean: Doubles) -> Doubles:
    dense = rows.dense(len(vectors)) if isinstance(rows, Sparse) else rows
    centred = dense - mean
    projected = centred @ vectors
    return np.array([len(centred), np.vdot(centred, centred), np.vdot(projected, projected)])
