"""RecordIO frames: magic number, length, payload, padding to four bytes. Source: MXNet's RecordIO."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

from contract.errors import UserError, show

MAGIC = 0xCED7230A
HEAD = struct.Struct("<II")


class Readable(Protocol):
    """What of a stream is asked here."""

    def read(self, size: int, /) -> bytes: ...


def frame(payload: bytes) -> bytes:
    return HEAD.pack(MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)


def payloads(stream: Readable, source: str, longest: int, first: int = 1) -> Iterator[bytes]:
    """What the frames of `stream` hold, each of at most `longest` bytes; `first` numbers the first one, for the errors.

    Raises UserError where the bytes are no frame or end within one.
    """
    number = first
    while head := stream.read(HEAD.size):
        where = f"{source}, record {number}"
        magic, size = HEAD.unpack(head.ljust(HEAD.size, b"\0"))
        if magic != MAGIC:
            raise UserError(f"the record begins with {show(head[:4])}; expected RecordIO's magic number", where=where)
        if size > longest:
            raise UserError(f"the record's length is {size}; expected {longest} at most", where=where)
        payload = stream.read(size)
        if len(payload) < size or len(head) < HEAD.size:
            raise UserError("the record is cut short", where=where)
        stream.read(-size % 4)
        yield payload
        number += 1
