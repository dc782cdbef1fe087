"""The fast road for request bodies: lines of numbers are nearly JSON arrays, and orjson reads those.

It answers None wherever csv and JSON might part ways; the strict road then decides.
"""

from __future__ import annotations

import numpy as np

from contract.dataset import Floats

BLOCK = 1 << 18
"""Bytes at a time: what a list of Python floats may cost is bounded by this."""


def parse(data: bytes, count: int) -> Floats | None:
    """`data`, lines of cells parted by commas, as (rows, count); None where the strict road must look."""
    import orjson

    # Nothing but a number can be read from JSON text without these: no string, list, object, true, false or null.
    if b'"' in data or b"[" in data or b"]" in data or b"{" in data or b"u" in data or b"s" in data or b"\r" in data:
        return None
    if len(data) > 2 * BLOCK and data.count(b",") != (data.count(b"\n") + 1) * (count - 1):
        return None
    text = b"[[" + data.replace(b"\n", b"],[") + b"]]"
    try:
        return _grid(orjson.loads(text), count)
    except orjson.JSONDecodeError:
        pass
    text = text.lower()
    if b"u" in text or b"s" in text:
        return None
    try:
        return _grid(orjson.loads(_with_nulls(text)), count)
    except orjson.JSONDecodeError:
        return None


def _grid(rows: list[list[float | None]], count: int) -> Floats | None:
    try:
        # By way of float64, because a cast of each number beyond float32 would warn.
        grid = np.array(rows, dtype=np.float64)
    except ValueError:
        return None
    if grid.shape[1:] != (count,):
        return None
    with np.errstate(over="ignore"):
        floats = grid.astype(np.float32)
    return None if np.isinf(floats).any() else floats


def _with_nulls(text: bytes) -> bytes:
    """Missing cells as null, which numpy reads as NaN. A number beside `nan` still makes no JSON."""
    text = text.replace(b"nan", b"null")
    return text.replace(b",,", b",null,").replace(b",,", b",null,").replace(b"[,", b"[null,").replace(b",]", b",null]")
