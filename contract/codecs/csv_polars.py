"""The fast road for files: polars on a block at a time, without the interpreter lock.

It answers None wherever polars would be more lenient than the strict road, which then decides. Cells are read as
doubles and rounded to float32 from there, as on the other roads: a straight way to float32 may round differently.
"""

from __future__ import annotations

import importlib.util
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from contract.codecs.text import BOM
from contract.dataset import Floats

if TYPE_CHECKING:
    import polars as pl

_COMMA = 44
_COMPRESSED = (b"\x1f", b"x", b"(")
"""What gzip, zlib and zstd begin with, and no number does: polars would unpack what follows, however large."""
_SIGNED_NAN = (b"-n", b"-N", b"+n", b"+N")


@cache
def installed() -> bool:
    """Whether this image has polars."""
    return importlib.util.find_spec("polars") is not None


def parse(data: bytes, count: int) -> Floats | None:
    """`data`, lines of cells parted by commas, as (rows, count); None where the strict road must look."""
    import polars as pl

    # polars takes a CR for a part of the line end, drops a byte order mark, and reads no line after the last line end.
    if b"\r" in data or data.startswith(BOM) or data.endswith(b"\n") or not data or data.startswith(_COMPRESSED):
        return None
    try:
        frame = pl.read_csv(data, has_header=False, schema=_schema(count), quote_char=None)
        grid = frame.cast(pl.Float32).to_numpy(order="c")  # what overflows is infinite, and named by the strict road
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # the latter is no Exception
        return None
    # polars drops an empty cell too many at the very end of the text.
    return grid if (np.isfinite(grid).all() and not data.endswith(b",")) or _is_whole(data, grid) else None


@lru_cache(maxsize=1)
def _schema(count: int) -> pl.Schema:
    import polars as pl

    return pl.Schema({str(place): pl.Float64() for place in range(count)})


def _is_whole(data: bytes, grid: Floats) -> bool:
    """Whether NaN in `grid` stands for missing cells alone: polars fills short rows and blank lines with it."""
    rows, count = grid.shape
    if count == 1 or np.isinf(grid).any() or any(mark in data for mark in _SIGNED_NAN):
        return False
    # As no row has too many commas, the right sum leaves none with too few.
    commas = np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == _COMMA)
    return bool(commas == rows * (count - 1))
