"""Blocks of rows made into one Dataset, holding little more than the matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from contract.codecs.text import rows_missing
from contract.dataset import Dataset, Floats, Sparse
from contract.errors import UserError

GROWTH = 1.25
_NOTHING: Floats = np.empty((0, 0), dtype=np.float32)
_Number = TypeVar("_Number", bound=np.generic)


def concatenate(blocks: Iterable[Dataset], source: str) -> Dataset:
    """All rows of `blocks`, holding about 1.25 times their matrix at the peak.

    Sparse blocks may differ in width. Raises UserError where there are no rows, where dense and sparse blocks or dense
    blocks of different widths meet, and where only some rows have a label, a weight or a group.
    """
    dense: _Matrix | None = None
    sparse: list[Sparse] = []
    rest: list[Dataset] = []
    for block in blocks:
        rest.append(replace(block, features=_NOTHING))
        if isinstance(block.features, Sparse):
            sparse.append(block.features)
        else:
            dense = dense or _Matrix(block.width)
            if dense.width != block.width:
                raise UserError(f"rows of {block.width} features follow rows of {dense.width}", where=source)
            dense.append(block.features)
    if not rest:
        raise rows_missing(source)
    if dense is not None and sparse:
        raise UserError("some rows are dense and some are sparse; a data set must be one or the other", where=source)
    return Dataset(
        dense.finish() if dense is not None else _stack(sparse),
        _joined([block.labels for block in rest], "a label", source),
        _joined([block.weights for block in rest], "a weight", source),
        _joined([block.groups for block in rest], "a qid", source),
        rest[0].names,
    )


class _Matrix:
    """Rows in one allocation that grows where it lies (the allocator moves pages, not bytes)."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._values: Floats = np.empty((0, width), dtype=np.float32)
        self._rows = 0

    def append(self, rows: Floats) -> None:
        end = self._rows + len(rows)
        if end > len(self._values):
            self._resize(max(end, int(GROWTH * len(self._values))))
        self._values[self._rows : end] = rows
        self._rows = end

    def finish(self) -> Floats:
        self._resize(self._rows)
        return self._values

    def _resize(self, rows: int) -> None:
        self._values.resize((rows, self.width), refcheck=False)


def _stack(parts: list[Sparse]) -> Sparse:
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    columns = np.concatenate([part.columns for part in parts])
    values = np.concatenate([part.values for part in parts])
    return Sparse(offsets, columns, values, max(part.width for part in parts))


def _joined(parts: list[NDArray[_Number] | None], what: str, source: str) -> NDArray[_Number] | None:
    present = [part for part in parts if part is not None]
    if not present:
        return None
    if len(present) < len(parts):
        raise UserError(f"some rows have {what} and some have none; give it on every row or on none", where=source)
    return np.concatenate(present)
