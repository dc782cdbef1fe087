"""What a codec makes of bytes: features, and the label and weight columns where the layout has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Sparse:
    """A matrix in compressed sparse rows, as libsvm and sparse recordio-protobuf give it.

    Shapes: `offsets` (rows + 1,) int64, `columns` (n,) int32, 0-based and ascending within a row, `values` (n,)
    float32. What is not stored is missing (NaN), as XGBoost reads it.
    """

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: Floats
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.offsets) - 1, self.width

    def dense(self, width: int | None = None) -> Floats:
        """(rows, width) with 0 where nothing is stored: what it means to a linear model, and not to XGBoost."""
        rows = len(self.offsets) - 1
        grid: Floats = np.zeros((rows, self.width if width is None else width), dtype=np.float32)
        grid[np.repeat(np.arange(rows), np.diff(self.offsets)), self.columns] = self.values
        return grid

    def __getitem__(self, rows: slice) -> Sparse:
        """The rows from `rows.start` to before `rows.stop`, as an array gives them."""
        start, stop, _ = rows.indices(len(self.offsets) - 1)
        offsets = self.offsets[start : stop + 1]
        cells = slice(int(offsets[0]), int(offsets[-1]))
        return Sparse(offsets - offsets[0], self.columns[cells], self.values[cells], self.width)


@dataclass(frozen=True)
class Dataset:
    """Rows of numbers. `features` (rows, width) float32, C order, missing cells NaN; the others (rows,) float32."""

    features: Floats | Sparse
    labels: Floats | None = None
    weights: Floats | None = None
    groups: NDArray[np.int64] | None = None
    """Query ids (libsvm `qid:`) of ranking data, one a row."""
    names: tuple[str, ...] | None = None
    """Feature names, where the format carries them (parquet)."""

    @property
    def rows(self) -> int:
        return int(self.features.shape[0])

    @property
    def width(self) -> int:
        return int(self.features.shape[1])

    def blocks(self, rows: int) -> Iterator[Dataset]:
        """The features alone, so many rows at a time."""
        return (Dataset(self.features[start : start + rows]) for start in range(0, self.rows, rows))


@dataclass(frozen=True)
class Layout:
    """What the columns of a channel or a request body mean, and what is accepted."""

    label: bool = False
    """The first column (or the format's own label field) is the label."""
    weight: bool = False
    """csv only: the second column is the instance weight."""
    width: int | None = None
    """Features expected; None takes what the first row has. For sparse formats the largest width accepted."""
    missing: bool = True
    """Whether an empty cell or `nan` is accepted as a missing value."""
