"""application/x-npy: one array of numbers, (rows, columns) or one row; never an object array, so nothing is unpickled.

The header is read by a pattern, not evaluated, and held against the bytes that follow before anything is allocated.
Source: NumPy documentation, "numpy.lib.format", versions 1.0 to 3.0.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from contract.codecs import columns, gather, text
from contract.codecs.rows import to_float32
from contract.dataset import Dataset, Floats, Layout
from contract.errors import UserError, show

CONTENT_TYPES = ("application/x-npy",)
BLOCK = 1 << 22
"""Bytes of a file turned into rows at a time."""
LONGEST_HEADER = 10_000
_MAGIC = b"\x93NUMPY"
_VERSIONS = (b"\1\0", b"\2\0", b"\3\0")
_SIZE = "(?:0|[1-9][0-9]{0,18})"
_HEADER = re.compile(
    rf"\{{'descr': '(?P<type>[<>|=][biuf][1-8])', 'fortran_order': (?P<order>True|False), "
    rf"'shape': \((?P<shape>(?:{_SIZE},|{_SIZE}(?:, ?{_SIZE})+,?)?)\),? *\}} *\n?"
)


@dataclass(frozen=True)
class _Header:
    type: np.dtype[np.generic]
    fortran: bool
    rows: int
    columns: int

    @property
    def row_bytes(self) -> int:
        return self.columns * self.type.itemsize


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source, row and column."""
    header = _header(stream := io.BytesIO(body), layout, source)
    wanted, there = header.rows * header.row_bytes, len(body) - stream.tell()
    if wanted != there:
        raise UserError(f"the header announces {wanted} bytes of data, {there} follow", where=source)
    return gather.concatenate(_blocks(stream, header, layout, source), source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file or a FIFO in blocks; a FIFO in Fortran order is one block. Raises UserError likewise."""
    yield from _blocks(stream, _header(stream, layout, source), layout, source)
    if stream.read(1):
        raise UserError("more bytes follow than the header announces", where=source)


read_alone = read


def encode(values: Floats) -> bytes:
    """`values` as an npy file."""
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


def _header(stream: BinaryIO, layout: Layout, source: str) -> _Header:
    """The header, with the stream behind it. Raises UserError for all but a matrix of numbers that fits the layout."""
    start = stream.read(8)
    size_bytes = 2 if start[6:7] == b"\1" else 4
    size = int.from_bytes(stream.read(size_bytes), "little")
    if start[:6] != _MAGIC or start[6:] not in _VERSIONS:
        raise UserError(f"the data begins with {show(start)}; expected an npy file", where=source)
    if size > LONGEST_HEADER:
        raise UserError(f"the header is {size} bytes long; expected {LONGEST_HEADER} at most", where=source)
    header = stream.read(size).decode("latin-1")
    match = _HEADER.fullmatch(header)
    if not match:
        raise UserError(
            f"the header is {show(header)}; expected a plain array of integers or floats up to 8 bytes", where=source
        )
    try:
        kind = np.dtype(match["type"])
    except TypeError as error:
        raise UserError(f"the type {match['type']!r} is not one of numpy's", where=source) from error
    shape = [int(part) for part in match["shape"].split(",") if part.strip()]
    if len(shape) not in (1, 2):
        raise UserError(f"the shape is {show(tuple(shape))}; expected (rows, columns) or one row", where=source)
    rows, count = shape if len(shape) == 2 else (1, shape[0])
    columns.check_count(count, layout, source)
    if rows == 0:
        raise text.rows_missing(source)
    return _Header(kind, match["order"] == "True", rows, count)


def _blocks(stream: BinaryIO, header: _Header, layout: Layout, source: str) -> Iterator[Dataset]:
    at_once = header.rows if header.fortran and not stream.seekable() else max(1, BLOCK // header.row_bytes)
    begin = stream.tell() if header.fortran and at_once < header.rows else 0
    for first in range(0, header.rows, at_once):
        rows = min(at_once, header.rows - first)
        if header.fortran and rows < header.rows:
            data = _gathered(stream, begin, header, first, rows, source)
        else:
            data = _exactly(stream, rows * header.row_bytes, source)
        shape = (rows, header.columns)
        grid = np.frombuffer(data, header.type).reshape(shape, order="F" if header.fortran else "C")
        floats = to_float32(grid)
        columns.check_values(floats, layout, source, first + 1)
        yield columns.split(floats, layout, source, first + 1, "row")


def _gathered(stream: BinaryIO, begin: int, header: _Header, first: int, rows: int, source: str) -> bytearray:
    """Some rows of an array in Fortran order, whose data begins at `begin`: a piece of each column."""
    data, size = bytearray(), header.type.itemsize
    for column in range(header.columns):
        stream.seek(begin + (column * header.rows + first) * size)
        data += _exactly(stream, rows * size, source)
    return data


def _exactly(stream: BinaryIO, size: int, source: str) -> bytearray:
    """`size` bytes, read piece by piece: a header that lies allocates nothing. Raises UserError where they end."""
    data = bytearray()
    while len(data) < size:
        part = stream.read(min(BLOCK, size - len(data)))
        if not part:
            raise UserError("the data is cut short: fewer bytes follow than the header announces", where=source)
        data += part
    return data
