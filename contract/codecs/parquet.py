"""application/x-parquet: columns of numbers, the label first; nulls are missing values. Read by row group."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from contract.codecs import columns, gather
from contract.codecs.rows import to_float32
from contract.dataset import Dataset, Floats, Layout
from contract.errors import UserError, show

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

CONTENT_TYPES = ("application/x-parquet", "parquet")
CELLS = 1 << 21
"""Cells made into one block of rows."""
MOST_CELLS_PER_BYTE = 16
SMALL = 1 << 20
"""Cells that a body may hold whatever its size: beyond it, it must not unfold to more than MOST_CELLS_PER_BYTE."""


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source, row and column."""
    file = _open(io.BytesIO(body), layout, source)
    cells = file.metadata.num_rows * file.metadata.num_columns
    if cells > max(SMALL, MOST_CELLS_PER_BYTE * len(body)):
        raise UserError(f"{len(body)} bytes unfold to {cells} cells; send fewer rows in one body", where=source)
    return gather.concatenate(_blocks(file, layout, source), source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file in blocks of rows; a FIFO is first copied to a temporary file, since parquet is read from its end."""
    if stream.seekable():
        yield from _blocks(_open(stream, layout, source), layout, source)
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield from _blocks(_open(copy, layout, source), layout, source)


def _open(stream: BinaryIO, layout: Layout, source: str) -> pq.ParquetFile:
    """Raises UserError for what is no parquet file, for columns that are not numbers, and for a wrong width."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        schema = file.schema_arrow
        names = schema.names  # decoded only when they are asked for
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(f"the data is not a parquet file: {show(str(error))}", where=source) from error
    for name, kind in zip(names, schema.types, strict=True):
        if not _is_number(kind):
            raise UserError(f"column {show(name)} holds {kind}; expected numbers only", where=source)
    columns.check_count(len(names), layout, source)
    return file


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind))


def _blocks(file: pq.ParquetFile, layout: Layout, source: str) -> Iterator[Dataset]:
    import pyarrow as pa

    names = tuple(file.schema_arrow.names[columns.leading(layout) :])
    first = 1
    try:
        for batch in file.iter_batches(max(1, CELLS // len(file.schema_arrow))):
            grid = _grid(batch)
            columns.check_values(grid, layout, source, first)
            block = columns.split(grid, layout, source, first, "row")
            yield Dataset(block.features, block.labels, block.weights, names=names)
            first += len(grid)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"the parquet file is damaged: {show(str(error))}", where=source) from error


def _grid(batch: pa.RecordBatch) -> Floats:
    """The cells of `batch` as (rows, columns); nulls are NaN."""
    import pyarrow as pa

    grid = np.empty((batch.num_rows, batch.num_columns), dtype=np.float32)
    for place, column in enumerate(batch.columns):
        grid[:, place] = to_float32(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    return grid
