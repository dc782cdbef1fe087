"""Prints the memory that reading one of FILES in blocks takes, its rows, whether polars came in, and what was said."""

from __future__ import annotations

import io
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from contract import codecs
from contract.codecs import recordio, recordio_protobuf
from contract.dataset import Dataset, Layout
from contract.errors import UserError
from contract.media_type import MediaType

MAGIC = recordio.MAGIC


@dataclass(frozen=True)
class File:
    """`head`, then `unit` again and again up to `size` bytes."""

    content_type: str
    unit: bytes
    head: bytes = b""
    size: int = 40 << 20


def array(fortran: bool) -> File:
    header = {"descr": "<f4", "fortran_order": fortran, "shape": (3_000_000, 3)}
    np.lib.format.write_array_header_1_0(stream := io.BytesIO(), header)
    head = stream.getvalue()
    return File("application/x-npy", bytes(60), head, len(head) + 36_000_000)


def keys(count: int) -> File:
    """One record of nothing but keys, a byte each."""
    head, size = b"", count
    for prefix in (b"\x12", b"\x12", b"\x0a\x06values\x12", b"\x0a"):
        part = prefix + varint(size)
        head, size = part + head, size + len(part)
    return File("application/x-recordio-protobuf", b"\x01", struct.pack("<II", MAGIC, size) + head, size + 8)


def varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80]) + varint(number >> 7) if number > 0x7F else bytes([number])


FILES = {
    "rows of csv": File("text/csv", b"0.25,0.5,0.75\n"),
    "csv without an end of the line": File("text/csv", b"1,"),
    "one cell of csv": File("text/csv", b"1"),
    "blank lines of csv": File("text/csv", b"\n"),
    "rows of libsvm": File("text/libsvm", b"0:1 1:2 2:3\n", size=4 << 20),
    "libsvm without an end of the line": File("text/libsvm", b"1:1 "),
    "comments of libsvm": File("text/libsvm", b"#\n", size=4 << 20),
    "rows of JSON Lines": File("application/jsonlines", b'{"features":[1,2,3]}\n', size=4 << 20),
    "JSON Lines without an end of the line": File("application/jsonlines", b"1.5,", b"["),
    "lists that do not end": File("application/jsonlines", b"["),
    "rows as records": File(
        "application/x-recordio-protobuf", recordio_protobuf.encode(Dataset(np.ones((50, 3), np.float32))), size=4 << 20
    ),
    "a record of 60 MB": File("application/x-recordio-protobuf", bytes(99), struct.pack("<II", MAGIC, 60 << 20)),
    "a record of keys": keys(7_000_000),
    "rows of an array": array(fortran=False),
    "rows of an array in columns": array(fortran=True),
}


class Repeated(io.RawIOBase):
    def __init__(self, file: File) -> None:
        self.file, self.at = file, 0
        self.unit = file.unit * (65536 // len(file.unit))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset
        return offset

    def readinto(self, buffer: Any, /) -> int:
        size = max(0, min(len(buffer), self.file.size - self.at))
        if self.at < len(self.file.head):
            data = self.file.head[self.at : self.at + size]
        else:
            begin = (self.at - len(self.file.head)) % len(self.unit)
            data = self.unit[begin : begin + size]
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def held(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def main(name: str) -> None:
    file = FILES[name]
    codec = codecs.find(MediaType(file.content_type))
    stream = io.BufferedReader(Repeated(file), 1 << 18)
    before = held("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    rows, said = 0, "good"
    try:
        for block in codec.read_alone(stream, Layout(width=3), {}, "body"):
            rows += block.rows
    except UserError as error:
        said = str(error)
    print(held("VmHWM") - before, rows, "polars" in sys.modules, said)


if __name__ == "__main__":
    main(sys.argv[1])
