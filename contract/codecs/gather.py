"""Blocks of rows made into one Dataset, holding little more than the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from contract.codecs.text import rows_missing
from contract.dataset import Dataset, Floats, Layout, Sparse
from contract.errors import UserError

if TYPE_CHECKING:
    from contract.codecs import Codec

GROWTH = 1.25
_NOTHING: Floats = np.empty((0, 0), dtype=np.float32)
_Number = TypeVar("_Number", bound=np.generic)


def load(
    codec: Codec, streams: Iterable[tuple[BinaryIO, str]], layout: Layout, parameters: Mapping[str, str]
) -> Dataset:
    """All rows of `streams`, pairs of an open stream and its name in errors, each read to its end before the next.

    Holds about 1.25 times the matrix and a few blocks at its peak. The first row sets the width that all others must
    have, where the layout does not. Raises UserError likewise, and where there are no rows at all.
    """
    names: list[str] = []

    def blocks() -> Iterable[Dataset]:
        known = layout
        for stream, name in streams:
            names.append(name)
            for block in codec.read(stream, known, parameters, name):
                if known.width is None and not isinstance(block.features, Sparse):
                    known = replace(known, width=block.width)
                yield block

    gathered = _gather(blocks())
    if gathered is None:
        raise rows_missing(names[0] if len(names) == 1 else f"{len(names)} files")
    return gathered


def concatenate(blocks: Iterable[Dataset], source: str) -> Dataset:
    """All rows of `blocks`. Raises UserError where there are none."""
    gathered = _gather(blocks)
    if gathered is None:
        raise rows_missing(source)
    return gathered


def _gather(blocks: Iterable[Dataset]) -> Dataset | None:
    dense: _Matrix | None = None
    sparse: list[Sparse] = []
    rest: list[Dataset] = []
    for block in blocks:
        rest.append(replace(block, features=_NOTHING))
        if isinstance(block.features, Sparse):
            sparse.append(block.features)
        else:
            dense = dense or _Matrix(block.width)
            dense.append(block.features)
    if not rest:
        return None
    if dense is not None and sparse:
        raise UserError("some rows are dense and some are sparse; a data set must be one or the other")
    return Dataset(
        dense.finish() if dense is not None else _stack(sparse),
        _joined([block.labels for block in rest], "a label"),
        _joined([block.weights for block in rest], "a weight"),
        _joined([block.groups for block in rest], "a qid"),
        rest[0].names,
    )


class _Matrix:
    """Rows in one allocation that grows where it lies (the allocator moves pages, not bytes)."""

    def __init__(self, width: int) -> None:
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
        self._values.resize((rows, self._values.shape[1]), refcheck=False)


def _stack(parts: list[Sparse]) -> Sparse:
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    columns = np.concatenate([part.columns for part in parts])
    values = np.concatenate([part.values for part in parts])
    return Sparse(offsets, columns, values, max(part.width for part in parts))


def _joined(parts: list[NDArray[_Number] | None], what: str) -> NDArray[_Number] | None:
    present = [part for part in parts if part is not None]
    if not present:
        return None
    if len(present) < len(parts):
        raise UserError(f"some rows have {what} and some have none; give it on every row or on none")
    return np.concatenate(present)
