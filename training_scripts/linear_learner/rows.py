"""This host's rows, as the optimizers read them: losses and gradients of a slice, one matrix product each way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner.losses import Loss
from training_scripts.linear_learner.plan import Doubles

BLOCK_CELLS = 1 << 19
"""Cells read at a time in a pass: the second product finds them in the cache."""
BLOCK_ROWS = 1 << 14
MANY = 8
"""Models from which it pays to sum up otherwise."""


@dataclass(frozen=True)
class Rows:
    """Features (rows, width) float32, C order, labels (rows,), and weights (rows,) whose mean over all hosts is 1."""

    features: Floats
    labels: Floats
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def width(self) -> int:
        return int(self.features.shape[1])

    def every(self, stride: int) -> Rows:
        """A copy of every `stride`th row."""
        weights = None if self.weights is None else self.weights[::stride].copy()
        return Rows(np.ascontiguousarray(self.features[::stride]), self.labels[::stride].copy(), weights)

    def step(self, columns: int = 1) -> int:
        """Rows of a block of a pass with so many columns of weights."""
        return max(64, min(BLOCK_ROWS, BLOCK_CELLS // (self.width + columns)))

    def blocks(self, columns: int = 1) -> Iterator[slice]:
        """The blocks of a pass, one behind the other."""
        step = self.step(columns)
        return (slice(start, min(start + step, len(self))) for start in range(0, len(self), step))

    def margins(self, columns: Floats, rows: slice) -> Floats:
        """Margins (rows, columns) by weights (width + 1, columns), the bias last."""
        margins: Floats = self.features[rows] @ columns[:-1]
        margins += columns[-1]
        return margins

    def pull(self, slopes: Floats, rows: slice) -> Floats:
        """The gradient (width + 1, columns) that slopes (rows, columns) at the margins make."""
        gradient = np.empty((self.width + 1, slopes.shape[1]), dtype=np.float32)
        np.matmul(self.features[rows].T, slopes, out=gradient[:-1])
        if slopes.shape[1] < MANY:
            np.add.reduce(slopes, axis=0, out=gradient[-1])
        else:
            np.matmul(np.ones(len(slopes), dtype=np.float32), slopes, out=gradient[-1])
        return gradient

    def quick_loss_and_gradient(self, loss: Loss, columns: Floats, rows: slice) -> tuple[Doubles, Floats]:
        """`loss_and_gradient` with losses summed less exactly, where that is quicker."""
        if loss.summed is None or self.weights is not None or columns.shape[1] < MANY:
            return self.loss_and_gradient(loss, columns, rows)
        margins = self.margins(columns, rows)
        sums, slopes = loss.summed(_by_model(margins, loss), self.labels[rows])
        return sums.astype(np.float64), self.pull(slopes.reshape(margins.shape), rows)

    def loss_and_gradient(self, loss: Loss, columns: Floats, rows: slice) -> tuple[Doubles, Floats]:
        """Sums over the rows: of losses (models,), and of their gradients (width + 1, models * outputs)."""
        margins = self.margins(columns, rows)
        values, slopes = loss.evaluate(_by_model(margins, loss), self.labels[rows])
        if self.weights is not None:
            values *= self.weights[rows, None]
            slopes *= self.weights[rows, None, None]
        return values.sum(axis=0, dtype=np.float64), self.pull(slopes.reshape(margins.shape), rows)


def _by_model(margins: Floats, loss: Loss) -> Floats:
    """(rows, models, outputs). A batch may have none of this host's rows, and numpy infers no shape from nothing."""
    return margins.reshape(len(margins), margins.shape[1] // loss.outputs, loss.outputs)
