"""Rows, mean and scatter of data that is seen once, in blocks, and never held.

The scatter is the sum over the rows of (x - mean)(x - mean)'. Blocks of some thousand rows are shifted to about their
own mean before they are multiplied, so that a large mean costs no digits; what each block's mean lies apart from the
others' is added in float64. Where the whole scatter would be too much, only its product with some directions is kept.

Source: Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance" (1983).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats, Sparse

Doubles: TypeAlias = NDArray[np.float64]
Total: TypeAlias = Callable[[Doubles], Doubles]
"""Adds up an array over the hosts."""

HEIGHT = 4096
"""Rows multiplied at a time: enough for the library's full speed, few enough for float32 to add up."""
BUFFER_BYTES = 1 << 25
"""Of those rows where they are wide and only directions are kept: then fewer do."""
LEAST_HEIGHT = 256
SMALL_PRODUCT = 256
"""Cells, width times directions, of products that OpenBLAS's small kernels add up in float32 row after row: of these
only `SMALL_HEIGHT` at a time, as larger ones are added up in parts that the kernel cuts."""
SMALL_HEIGHT = 1024
SMALL = 1e-30
"""The least mean square of a cell of which products in float32 keep their digits."""
FOLD = 256
"""Blocks whose means are kept apart, fewer where they are wide, before one product of matrices puts them together."""


@dataclass(frozen=True)
class Moments:
    """Of some rows. Shapes: `mean` (width,), `product` (width, width) or, by directions (width, n), (width, n)."""

    rows: int
    mean: Doubles
    product: Doubles
    """The scatter about the mean, or its product with the directions."""
    spread: float
    """The trace of the scatter: the sum of all squared distances from the mean."""

    @property
    def held(self) -> bool:
        """Whether float32 could hold the products: none overflowed, none is so small that it loses its digits."""
        least = SMALL * self.rows * len(self.mean)
        return bool(least < self.spread < np.inf and np.isfinite(self.product).all())

    def uncentred(self, directions: Doubles | None = None) -> Moments:
        """The same about zero in place of the mean."""
        weighted = self.rows * self.mean
        towards = self.mean if directions is None else self.mean @ directions
        product = self.product + weighted[:, None] * towards
        return Moments(self.rows, np.zeros_like(self.mean), product, self.spread + float(weighted @ self.mean))


class Accumulator:
    """Takes rows in, gives Moments. `precise` multiplies in float64, otherwise float32 is summed up in float64."""

    def __init__(self, width: int, directions: Doubles | None = None, *, precise: bool) -> None:
        kind = np.dtype(np.float64 if precise else np.float32)
        height = HEIGHT
        if directions is not None:
            most = SMALL_HEIGHT if directions.size <= SMALL_PRODUCT else HEIGHT
            height = min(most, max(LEAST_HEIGHT, BUFFER_BYTES // (kind.itemsize * width)))
        self._width = width
        self._directions = directions
        self._fast = None if directions is None else directions.astype(kind)
        self._buffer = np.empty((height, width), kind)
        self._ones = np.ones(height, kind)
        self._filled = 0
        self._shift: Floats | None = None
        columns = width if directions is None else directions.shape[1]
        self._block = np.empty((width, columns), kind)
        self._product = np.zeros((width, columns))
        self._spread = 0.0
        self._rows = 0
        self._mean = np.zeros(width)
        self._parts: list[tuple[int, Doubles, Doubles]] = []
        """Of each block not yet folded: rows, mean, and how far that is from the shift."""
        self._most_parts = max(1, min(FOLD, BUFFER_BYTES // (8 * width)))

    def add(self, features: Floats | Sparse) -> None:
        """Take in rows (rows, width) without missing values; sparse ones may be narrower."""
        start, rows = 0, features.shape[0]
        while start < rows:
            stop = min(rows, start + len(self._buffer) - self._filled)
            self._fill(features[start:stop])
            start = stop

    @property
    def rows(self) -> int:
        """Taken in so far."""
        return self._rows + sum(count for count, _, _ in self._parts) + self._filled

    def finish(self) -> Moments:
        """The moments of all rows so far, at least one."""
        if self._filled:
            self._multiply()
        self._fold()
        spread = self._spread if self._directions is not None else float(np.trace(self._product))
        return Moments(self._rows, self._mean, self._product, max(0.0, spread))

    def _fill(self, features: Floats | Sparse) -> None:
        rows = features.dense(self._width) if isinstance(features, Sparse) else features
        if self._shift is None:
            self._shift = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        target = self._buffer[self._filled : self._filled + len(rows)]
        with np.errstate(over="ignore"):  # an infinite product is seen, and the rows are read again in float64
            np.subtract(rows, self._shift, out=target, dtype=self._buffer.dtype)
        self._filled += len(rows)
        if self._filled == len(self._buffer):
            self._multiply()

    def _multiply(self) -> None:
        """Put the buffer's rows into the sums, and take their mean for the next rows' shift."""
        rows, count = self._buffer[: self._filled], self._filled
        assert self._shift is not None
        with np.errstate(over="ignore", invalid="ignore"):
            offset = (self._ones[:count] @ rows).astype(np.float64) / count
            np.matmul(rows.T, rows if self._fast is None else rows @ self._fast, out=self._block)
            if self._fast is not None:
                self._spread += float(np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64))
        self._product += self._block
        mean = self._shift + offset
        self._parts.append((count, mean, offset))
        self._shift = mean.astype(np.float32)
        self._filled = 0
        if len(self._parts) == self._most_parts:
            self._fold()

    def _fold(self) -> None:
        """Move the blocks' scatter from their shifts to their means, and from there to the mean of all."""
        if not self._parts:
            return
        counts = np.array([self._rows, *(count for count, _, _ in self._parts)], dtype=np.float64)
        means = np.stack([self._mean, *(mean for _, mean, _ in self._parts)])
        offsets = np.stack([offset for _, _, offset in self._parts])
        self._rows = int(counts.sum())
        self._mean = counts @ means / self._rows
        self._put(np.add, np.sqrt(counts)[:, None] * (means - self._mean))
        self._put(np.subtract, np.sqrt(counts[1:])[:, None] * offsets)
        self._parts.clear()

    def _put(self, change: np.ufunc, vectors: Doubles) -> None:
        """Add the scatter of `vectors` (n, width) themselves to the sums, or subtract it."""
        change(self._product, _times(vectors, self._directions), out=self._product)
        self._spread = float(change(self._spread, np.vdot(vectors, vectors)))


def _times(vectors: Doubles, directions: Doubles | None) -> Doubles:
    product: Doubles = vectors.T @ (vectors if directions is None else vectors @ directions)
    return product


def together(parts: Sequence[Moments], directions: Doubles | None) -> Moments:
    """The moments of the rows of all parts."""
    rows = sum(part.rows for part in parts)
    mean = np.sum([part.rows * part.mean for part in parts], axis=0) / rows
    moved = [_about(part, mean, directions) for part in parts]
    return Moments(rows, mean, np.sum([one for one, _ in moved], axis=0), sum(spread for _, spread in moved))


def over_hosts(own: Moments, directions: Doubles | None, total: Total) -> Moments:
    """The moments of all hosts' rows, from this host's."""
    rows = float(total(np.array([float(own.rows)]))[0])
    mean = total(own.rows * own.mean) / rows
    product, spread = _about(own, mean, directions)
    return Moments(int(rows), mean, total(product), float(total(np.array([spread]))[0]))


def _about(part: Moments, mean: Doubles, directions: Doubles | None) -> tuple[Doubles, float]:
    """Product and spread about another mean."""
    apart = part.mean - mean
    towards = apart if directions is None else apart @ directions
    return part.product + (part.rows * apart)[:, None] * towards, part.spread + part.rows * float(apart @ apart)
