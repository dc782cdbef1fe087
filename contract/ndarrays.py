"""MXNet's list of named arrays: what its `nd.save` writes, and what SageMaker's built-in algorithms keep models in.

All numbers are little-endian. A file: the header 0x112 and a zero (uint64 each), the count of arrays (uint64), the
arrays, the count of names (uint64), and each name as its length (uint64) and UTF-8 bytes. An array: a magic number
(uint32) that tells the version, from version 2 on the kind of storage (int32, 0 is dense), the number of dimensions
(uint32) and each (int64), where it lay (device type and number, int32 each), its type (int32), and the values, rows
first. Before version 1 the magic number is the number of dimensions itself, and each is a uint32.
Source: Apache MXNet 1.9, src/ndarray/ndarray.cc, "NDArray::Save" and "NDArray::Load".
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.errors import AlgorithmError, UserError, show

HEADER = struct.pack("<2Q", 0x112, 0)
MOST_DIMENSIONS = 32
LONGEST_NAME = 1024
_VERSION_1, _VERSION_2, _VERSION_3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES = tuple(map(np.dtype, ("<f4", "<f8", "<f2", "u1", "<i4", "i1", "<i8")))
"""The place of a type is its number in the file."""
_SMALLEST_ARRAY = 21
"""Bytes: the oldest form, of one dimension and one value of one byte."""
_SMALLEST_NAME = 8


def write(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The file that `mxnet.nd.load` reads as a dictionary of `arrays`, in their order.

    Raises AlgorithmError for what the format has no form for: other types than float16 to 64, int8, 32, 64 and uint8,
    and arrays without dimensions or values.
    """
    names = [name.encode() for name in arrays]
    return b"".join(
        (
            HEADER,
            struct.pack("<Q", len(names)),
            *map(_write_array, arrays, arrays.values()),
            struct.pack("<Q", len(names)),
            *(struct.pack("<Q", len(name)) + name for name in names),
        )
    )


def read(data: bytes, source: str = "model") -> dict[str, NDArray[Any]]:
    """The arrays of a file by name, in its order. Nothing is allocated that the bytes do not hold.

    Raises UserError (code "bad_model") naming `source` for any other file, a cut one, and one whose arrays have no
    names, or a name twice.
    """
    return _Reader(data, source).arrays()


def _write_array(name: str, array: NDArray[Any]) -> bytes:
    kind = array.dtype.newbyteorder("<")
    if kind not in _TYPES or not array.size or not 0 < array.ndim <= MOST_DIMENSIONS:
        raise AlgorithmError(f"no MXNet file holds {name!r}: an array of {array.dtype} and shape {array.shape}")
    head = struct.pack(f"<IiI{array.ndim}q3i", _VERSION_2, 0, array.ndim, *array.shape, 1, 0, _TYPES.index(kind))
    return head + array.astype(kind, copy=False).tobytes()


@dataclass
class _Reader:
    """Where in the bytes we are. Each take is held against what is left before it is made."""

    data: bytes
    source: str
    place: int = 0

    def arrays(self) -> dict[str, NDArray[Any]]:
        if self._bytes(len(HEADER), "the header") != HEADER:
            raise self._bad(f"begins with {show(self.data[: len(HEADER)])}; expected an MXNet NDArray file")
        found = [self._array(number) for number in range(self._count("arrays", _SMALLEST_ARRAY))]
        count = self._count("names", _SMALLEST_NAME)
        if count != len(found):
            raise self._bad(f"holds {len(found)} arrays and {count} names; expected a name for each array")
        named = {self._name(): array for array in found}
        if len(named) != count:
            raise self._bad("holds a name twice")
        if self.place != len(self.data):
            raise self._bad(f"holds {len(self.data) - self.place} bytes more than its arrays and names")
        return named

    def _array(self, number: int) -> NDArray[Any]:
        what = f"array {number + 1}"
        (magic,) = self._numbers("<I", what)
        if magic in (_VERSION_2, _VERSION_3) and (storage := self._numbers("<i", what)[0]):
            raise self._bad(f"{what} has storage type {storage}; expected 0 (dense)")
        new = magic in (_VERSION_1, _VERSION_2, _VERSION_3)
        axes = self._numbers("<I", what)[0] if new else magic
        if not 0 < axes <= MOST_DIMENSIONS:
            raise self._bad(f"{what} has {axes} dimensions; expected 1 to {MOST_DIMENSIONS}")
        shape = self._numbers(f"<{axes}{'q' if new else 'I'}", what)
        _, _, kind = self._numbers("<3i", what)
        if min(shape) < 1:
            raise self._bad(f"{what} has the shape {show(shape)}; expected dimensions of 1 and up")
        if not 0 <= kind < len(_TYPES):
            raise self._bad(f"{what} has type {kind}; expected 0 to {len(_TYPES) - 1}")
        values = self._bytes(math.prod(shape) * _TYPES[kind].itemsize, f"{what} of shape {show(shape)}")
        # A copy: a view may lie at an odd address, and would keep the whole file in memory.
        return np.frombuffer(values, _TYPES[kind]).reshape(shape).astype(_TYPES[kind].newbyteorder("="))

    def _name(self) -> str:
        (length,) = self._numbers("<Q", "a name")
        if length > LONGEST_NAME:
            raise self._bad(f"has a name of {length} bytes; expected {LONGEST_NAME} at most")
        try:
            return bytes(self._bytes(length, "a name")).decode()
        except UnicodeDecodeError as error:
            raise self._bad("has a name that is not UTF-8") from error

    def _count(self, what: str, smallest: int) -> int:
        (count,) = self._numbers("<Q", f"the count of {what}")
        if count * smallest > len(self.data) - self.place:
            raise self._bad(f"is cut short: it announces {count} {what}, {len(self.data) - self.place} bytes follow")
        return int(count)

    def _numbers(self, form: str, what: str) -> tuple[int, ...]:
        return struct.unpack(form, self._bytes(struct.calcsize(form), what))

    def _bytes(self, length: int, what: str) -> memoryview:
        there = len(self.data) - self.place
        if length > there:
            raise self._bad(f"is cut short: {what} takes {length} bytes, {there} follow")
        self.place += length
        return memoryview(self.data)[self.place - length : self.place]

    def _bad(self, problem: str) -> UserError:
        return UserError(f"the file {problem}", where=self.source, code="bad_model")
