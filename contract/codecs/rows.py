"""Rows that come one by one, dense or sparse, as JSON and recordio-protobuf give them, made into a Dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias, TypeGuard

import numpy as np

from contract.codecs import columns
from contract.dataset import Dataset, Floats, Layout, Sparse
from contract.errors import UserError, show

WIDEST = 1 << 24
"""Columns of a sparse row where the layout sets no width: an index beyond is rather a mistake than a feature."""


@dataclass(frozen=True)
class SparseRow:
    """`keys` ascending column numbers from 0, `values` as many numbers; what is not there is missing."""

    keys: Sequence[int]
    values: Sequence[float | None]
    width: int


Row: TypeAlias = "Sequence[float | None] | SparseRow"


def check_sparse(row: SparseRow, layout: Layout, where: str) -> None:
    """Raises UserError for keys that do not ascend, lie outside the row, or do not match the values or the layout."""
    if len(row.keys) != len(row.values):
        raise UserError(f"there are {len(row.keys)} keys and {len(row.values)} values; expected as many", where=where)
    if not 0 < row.width <= (layout.width or WIDEST):
        raise UserError(f"the shape {show(row.width)} is not within 1 to {layout.width or WIDEST}", where=where)
    check_keys(row.keys, row.width, where)


def check_keys(keys: Sequence[int], width: int, where: str) -> None:
    """Raises UserError where `keys` do not ascend from 0 or more to less than `width`."""
    for before, key in pairwise(keys):
        if key <= before:
            raise UserError(f"index {show(key)} after {show(before)}; indices must ascend, each once", where=where)
    if keys and not (keys[0] >= 0 and keys[-1] < width):
        bad = keys[0] if keys[0] < 0 else keys[-1]
        raise UserError(f"index {show(bad)} is outside 0 to {width - 1}", where=where)


def assemble(rows: list[Row], layout: Layout, source: str, first: int = 1, unit: str = "row") -> Dataset:
    """The Dataset of `rows`, each already checked by itself. `first` numbers the first of them, in `unit`s.

    All dense rows make a matrix; one sparse row among them makes all sparse. Raises UserError for rows of different
    widths and for numbers that float32 cannot hold.
    """
    if not _all_dense(rows):
        if layout.label:
            raise UserError("sparse rows of this format hold no label", where=source)
        return Dataset(_sparse(rows, layout, source, first, unit))
    wanted = columns.expected(layout) or len(rows[0])
    for number, row in enumerate(rows, first):
        if len(row) != wanted:
            raise columns.wrong_count(len(row), wanted, layout, f"{source}, {unit} {number}")
    columns.check_count(wanted, layout, f"{source}, {unit} {first}")
    grid = to_float32(np.array(rows, dtype=np.float64))
    columns.check_values(grid, layout, source, first, unit)
    return columns.split(grid, layout, source, first, unit)


def to_float32(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Floats:
    """`values` rounded to float32; what it cannot hold becomes infinite, for `check_values` to find."""
    with np.errstate(over="ignore", invalid="ignore"):  # a signalling NaN is one like any other
        return values.astype(np.float32, copy=False)


def _all_dense(rows: list[Row]) -> TypeGuard[list[Sequence[float | None]]]:
    return not any(isinstance(row, SparseRow) for row in rows)


def _sparse(rows: list[Row], layout: Layout, source: str, first: int, unit: str) -> Sparse:
    given = [row if isinstance(row, SparseRow) else SparseRow(range(len(row)), row, len(row)) for row in rows]
    for number, row in enumerate(given, first):
        check_sparse(row, layout, f"{source}, {unit} {number}")
    sizes = [len(row.keys) for row in given]
    values = to_float32(np.array([value for row in given for value in row.values], dtype=np.float64))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if (bad := ~np.isfinite(values) if not layout.missing else np.isinf(values)).any():
        row_number = first + int(np.searchsorted(offsets, int(bad.argmax()), side="right")) - 1
        where = f"{source}, {unit} {row_number}"
        if np.isnan(values[int(bad.argmax())]):
            raise columns.missing_refused("a value is missing", where)
        raise UserError("a value is not finite in float32", where=where)
    keys = np.fromiter((key for row in given for key in row.keys), dtype=np.int32, count=int(offsets[-1]))
    return Sparse(offsets, keys, values, layout.width or max(row.width for row in given))
