"""application/x-parquet: columns of numbers, the label first; nulls are missing values. Read in slices of rows."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from contract.codecs import columns, gather
from contract.codecs.rows import to_float32
from contract.dataset import Dataset, Floats, Layout
from contract.errors import UserError, show

if TYPE_CHECKING:
    import polars as pl

CONTENT_TYPES = ("application/x-parquet", "parquet")
CELLS = 1 << 21
"""Cells made into one block of rows."""
MOST_CELLS_PER_BYTE = 16
SMALL = 1 << 20
"""Cells that a body may hold whatever its size: beyond it, it must not unfold to more than MOST_CELLS_PER_BYTE."""


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source, row and column."""
    stream = io.BytesIO(body)
    names = _names(stream, layout, source)
    cells = _rows(stream, source) * len(names)
    if cells > max(SMALL, MOST_CELLS_PER_BYTE * len(body)):
        raise UserError(f"{len(body)} bytes unfold to {cells} cells; send fewer rows in one body", where=source)
    return gather.concatenate(_blocks(stream, names, layout, source), source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file in blocks of rows; what has no bytes to go back to is first copied to a temporary file."""
    if _is_stored(stream):
        yield from _blocks(stream, _names(stream, layout, source), layout, source)
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        yield from _blocks(copy, _names(copy, layout, source), layout, source)


read_alone = read


def _is_stored(stream: BinaryIO) -> bool:
    """Whether polars reads what `stream` reads: it goes by the file below, past a gzip reader, and to the end first."""
    below = stream.raw if isinstance(stream, io.BufferedReader) else stream
    return isinstance(below, io.FileIO | io.BytesIO) and below.seekable()


def _names(stream: BinaryIO, layout: Layout, source: str) -> tuple[str, ...]:
    """The columns' names. Raises UserError for what is no parquet file, for columns that are not numbers or too few."""
    import polars as pl

    with _refusing("the data is not a parquet file", source):
        schema = _scan(stream).collect_schema()
    for name, kind in schema.items():
        if not (kind.is_numeric() or kind.is_(pl.Boolean)):
            raise UserError(f"column {show(name)} holds {str(kind).lower()}; expected numbers only", where=source)
    columns.check_count(len(schema), layout, source)
    return tuple(schema.names())


def _rows(stream: BinaryIO, source: str) -> int:
    import polars as pl

    with _refusing("the data is not a parquet file", source):
        return int(_scan(stream).select(pl.len()).collect().item())


def _blocks(stream: BinaryIO, names: tuple[str, ...], layout: Layout, source: str) -> Iterator[Dataset]:
    rows = max(1, CELLS // len(names))
    first = 1
    while True:
        # A slice holds the memory of its rows; polars' own stream of batches that of several row groups.
        with _refusing("the parquet file is damaged", source):
            grid = _grid(_scan(stream).slice(first - 1, rows).collect())
        if not len(grid):
            return
        columns.check_values(grid, layout, source, first)
        block = columns.split(grid, layout, source, first, "row")
        yield Dataset(block.features, block.labels, block.weights, names=names[columns.leading(layout) :])
        first += len(grid)


def _scan(stream: BinaryIO) -> pl.LazyFrame:
    import polars as pl

    stream.seek(0)
    return pl.scan_parquet(stream)


def _grid(frame: pl.DataFrame) -> Floats:
    """The cells of `frame` as (rows, columns), rounded to float32 by way of doubles as everywhere; nulls are NaN."""
    import polars as pl

    grid = np.empty(frame.shape, dtype=np.float32)
    for place, column in enumerate(frame):
        grid[:, place] = to_float32(column.cast(pl.Float64).to_numpy())
    return grid


@contextmanager
def _refusing(what: str, source: str) -> Iterator[None]:
    """Raises UserError for polars' own errors, of which a panic is no Exception."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UserError(f"{what}: {show(str(error))}", where=source) from error
