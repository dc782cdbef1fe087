"""The fast road for files: pandas' C parser on a block at a time, without the interpreter lock for most of it.

It answers None wherever pandas would be more lenient than the strict road, which then decides.
"""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats

_MISSING = ["", "nan", "naN", "nAn", "nAN", "Nan", "NaN", "NAn", "NAN"]
_COMMA = 44
_FIRST_PRINTABLE = 32
_NINE = 57


def parse(data: bytes, count: int) -> Floats | None:
    """`data`, lines of cells parted by commas, as (rows, count); None where the strict road must look."""
    first = data.find(b"\n")
    # pandas refuses a row with too many cells everywhere but on the first line, and takes a bare CR for a line end.
    if b"\r" in data or data.count(b",", 0, first if first >= 0 else len(data)) != count - 1:
        return None
    grid = _read(data, count, missing=False)
    if grid is None:
        grid = _read(data, count, missing=True)
    return grid if grid is not None and _is_whole(data, grid) and not np.isinf(grid).any() else None


def _read(data: bytes, count: int, *, missing: bool) -> Floats | None:
    """What pandas makes of `data`; looking for missing cells costs time where there are none."""
    import pandas as pd

    try:
        with np.errstate(over="ignore"):  # the strict road names what overflows
            frame = pd.read_csv(
                io.BytesIO(data),
                engine="c",
                header=None,
                names=range(count),
                index_col=False,
                dtype=np.float32,
                na_filter=missing,
                na_values=_MISSING if missing else None,
                keep_default_na=False,
                quoting=csv.QUOTE_NONE,
                skip_blank_lines=False,
                low_memory=False,
            )
    except ValueError:  # of which pandas' ParserError is one
        return None
    return frame.to_numpy()


def _is_whole(data: bytes, grid: Floats) -> bool:
    """Whether each cell of `grid` was in `data`, since pandas fills short rows with NaN ends a cell at NUL."""
    rows, count = grid.shape
    numbers = np.frombuffer(data, dtype=np.uint8)
    # As no row has too many commas, the right sum leaves none with too few; no control character but the line ends.
    commas = int(np.count_nonzero(numbers == _COMMA))
    controls = int(np.count_nonzero(numbers < _FIRST_PRINTABLE))
    blank = count == 1 and (b"\n\n" in data or data[:1] == b"\n")
    return commas == rows * (count - 1) and controls == rows - 1 and not blank and not _has_booleans(data, numbers)


def _has_booleans(data: bytes, numbers: NDArray[np.uint8]) -> bool:
    """Whether there may be `True` or `false` in any case: pandas reads a column of them as 1 and 0."""
    letters = int(numbers.max()) > _NINE
    return letters and (b"u" in data or b"s" in data or b"U" in data or b"S" in data)
