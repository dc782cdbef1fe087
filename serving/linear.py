"""Weighted sums of features: what linear models compute, so that the answer to a row depends on that row alone.

A matrix product of BLAS adds in another order for one row than for many, and none adds in the same order for sparse
rows. Here every sum is made in one order, from the first column to the last, in float64, where the product of two
float32 is exact: the same row gets the same bits alone, among others, dense, sparse, and on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats, Sparse

Sums = NDArray[np.float64]

_FEW = 512
"""Sums (rows times outputs) below which each is made in one go; above, all of them advance together."""
_CELLS = 1 << 20
"""Products that are kept at once while sums are made in one go."""
_ROWS = 1024
"""Rows that advance together: as float64 they are a copy."""
_DENSE = 0.25
"""The share of cells that sparse rows must have to be faster dense."""


@dataclass(frozen=True)
class Linear:
    """`weights` (outputs, features) float32, `offsets` (outputs,) float64."""

    weights: Floats
    offsets: Sums
    _weights: Sums = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_weights", self.weights.astype(np.float64))
        object.__setattr__(self, "offsets", self.offsets + 0.0)  # no -0.0: a sum of zeros may have either sign

    def sums(self, features: Floats | Sparse) -> Sums:
        """(rows, outputs) in C order: the offsets and, for each row of `features`, its sum of feature times weight."""
        if isinstance(features, Sparse):
            rows, width = features.shape
            if len(features.values) < _DENSE * rows * width:
                return self._sparse(features) + self.offsets
            features = features.dense()
        if len(features) * len(self._weights) < _FEW:
            return _in_one_go(features.astype(np.float64), self._weights) + self.offsets
        blocks = (features[start : start + _ROWS] for start in range(0, len(features), _ROWS))
        return np.concatenate([_together(block, self._weights) for block in blocks]) + self.offsets

    def _sparse(self, features: Sparse) -> Sums:
        values = features.values.astype(np.float64)
        if features.shape[0] > len(self._weights):
            return _by_output(features, values, self._weights)
        return _by_row(features, values, self._weights)


def rounded(sums: Sums) -> Floats:
    """As they are answered. What float32 cannot hold is infinite, for which JSON has null."""
    with np.errstate(over="ignore"):
        return sums.astype(np.float32)


def _in_one_go(features: Sums, weights: Sums) -> Sums:
    """Dense rows, as many sums at a time as their products may take memory: (rows, outputs)."""
    (rows, width), outputs = features.shape, len(weights)
    found = np.empty((rows, outputs))
    some_outputs = min(outputs, max(1, _CELLS // width))
    some_rows = max(1, _CELLS // (width * some_outputs))
    for row in range(0, rows, some_rows):
        for output in range(0, outputs, some_outputs):
            part = slice(row, row + some_rows), slice(output, output + some_outputs)
            products = features[part[0], np.newaxis] * weights[part[1]]
            # accumulate adds in order, which sum does not promise.
            found[part] = np.add.accumulate(products, axis=2, out=products)[:, :, -1]
    return found


def _together(features: Floats, weights: Sums) -> Sums:
    """Dense rows, one feature at a time: (rows, outputs)."""
    columns = features.T.astype(np.float64, order="C")
    found, products = np.zeros((2, len(weights), len(features)))
    for column, weight in zip(columns, weights.T[:, :, np.newaxis], strict=True):
        np.multiply(column, weight, out=products)
        found += products
    return np.ascontiguousarray(found.T)


def _by_output(features: Sparse, values: Sums, weights: Sums) -> Sums:
    """Sparse rows, all of them for one output at a time: bincount adds in the order of the cells."""
    rows = features.shape[0]
    places = np.repeat(np.arange(rows), np.diff(features.offsets))
    each = [np.bincount(places, values * one[features.columns], rows) for one in weights]
    return np.stack(each, axis=1)


def _by_row(features: Sparse, values: Sums, weights: Sums) -> Sums:
    """Sparse rows, one at a time with all outputs, with no more columns than it has."""
    found = np.zeros((features.shape[0], len(weights)))
    for row, (start, stop) in enumerate(zip(features.offsets[:-1], features.offsets[1:], strict=True)):
        if start < stop:
            cells = slice(start, stop)
            found[row] = _in_one_go(values[np.newaxis, cells], weights[:, features.columns[cells]])
    return found
