"""The fast road for request bodies: lines of numbers are nearly one JSON array, and simdjson reads that into doubles.

It answers None wherever csv and JSON might part ways; the strict road then decides. `-0` without a point is read as 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from contract.codecs.csv_strict import ROUNDS_TO_INFINITY
from contract.dataset import Floats

if TYPE_CHECKING:
    from simdjson import Array

BLOCK = 1 << 19
"""Bytes at a time: how long a call holds the interpreter lock is bounded by this."""
_LINE_END = b",1e39,"
"""A line end as a cell of the array, of a value beyond float32, which no other cell may have."""
_MISSING = b" -1e39 "
"""A missing cell, likewise. With its blanks it makes no number together with what may stand beside it."""
_OPENING, _CLOSING = b"[", b",1e39]"


def parse(data: bytes, count: int) -> Floats | None:
    """`data`, lines of cells parted by commas, as (rows, count); None where the strict road must look."""
    # Both would pass: simdjson flattens arrays in arrays, and takes a carriage return for a blank.
    if b"[" in data or b"\r" in data:
        return None
    text = b"".join((_OPENING, data.replace(b"\n", _LINE_END), _CLOSING))
    lines = (len(text) - len(data) - len(_OPENING) - len(_CLOSING)) // (len(_LINE_END) - 1) + 1
    values = _numbers(text)
    return _with_missing(text, lines, count) if values is None else _grid(values, lines, count)


def _numbers(text: bytes) -> NDArray[np.float64] | None:
    """A JSON array of nothing but numbers; None for any other text."""
    from simdjson import Parser

    # A parser of its own costs less than the lock that sharing one between threads would need.
    try:
        array = cast("Array", Parser().parse(text))
        return np.frombuffer(array.as_buffer(of_type="d"))
    except (ValueError, TypeError, RuntimeError):  # no JSON; not all of it numbers; nested too deep
        return None


def _grid(values: NDArray[np.float64], lines: int, count: int) -> Floats | None:
    """The cells between the line ends as (lines, count); None where float32 cannot hold one, and for ragged lines."""
    small = np.abs(values) < ROUNDS_TO_INFINITY
    if values.size != lines * (count + 1) or np.count_nonzero(small) != lines * count:
        return None
    # As many values as there are lines are large, so no cell is, if they stand where lines of `count` cells end.
    if np.count_nonzero(small[count :: count + 1]):
        return None
    return values.reshape(lines, count + 1)[:, :count].astype(np.float32)


def _with_missing(text: bytes, lines: int, count: int) -> Floats | None:
    """The same for a text with cells that are empty or `nan`."""
    missing = 0
    if b"n" in text or b"N" in text:
        text = text.lower()
        missing = text.count(b"nan")
        text = text.replace(b"nan", _MISSING)
    size = len(text)
    if count > 1:  # or else what looks like an empty cell is a blank line, which is an error
        if text.startswith(b"[,"):
            text = _OPENING + _MISSING + text[1:]
        for _ in range(2):  # each finds every other one of the commas in a row
            text = text.replace(b",,", b"," + _MISSING + b",")
    missing += (len(text) - size) // len(_MISSING)
    values = _numbers(text) if missing else None
    if values is None:
        return None
    absent = values == float(_MISSING)
    if np.count_nonzero(absent) != missing:  # a cell has this value, which is an error
        return None
    values[absent] = 0
    grid = _grid(values, lines, count)
    if grid is not None:
        grid[absent.reshape(lines, count + 1)[:, :count]] = np.nan
    return grid
