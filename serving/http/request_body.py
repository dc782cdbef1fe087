"""The body of a request as WSGI's `wsgi.input`: read from the client when asked for, never beyond its end.

Of what WSGI wants of an input there is `read`, the one thing that the application uses.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Protocol

from serving.http import head
from serving.http.wire import Wire

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[\t ]*;[\t -~\x80-\xff]{0,256})?")
_LINE_BYTES = 256
"""The longest line before a chunk that is looked for in many at once."""


class BrokenError(Exception):
    """The body ends too early, or its framing is damaged: what was read of it must not be used."""


class Body(Protocol):
    @property
    def ended(self) -> bool:
        """Whether all of it is read."""

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end; all that is left for a negative one. Raises BrokenError."""

    def skip(self) -> None:
        """Pass over what is received of it already."""


class Sized:
    """A body whose length is known."""

    __slots__ = ("_expected", "_left", "_wire")

    def __init__(self, wire: Wire, length: int, *, expected: bool) -> None:
        self._wire = wire
        self._left = length
        self._expected = expected
        """The client wants to be told to send it."""

    @property
    def ended(self) -> bool:
        return not self._left

    def read(self, size: int = -1) -> bytes:
        wire = self._wire
        wanted = self._left if size < 0 else min(size, self._left)
        data = wire.data[wire.at : wire.at + wanted]
        wire.at += len(data)
        self._left -= len(data)
        return data if len(data) == wanted else self._read_on(data, wanted - len(data))

    def _read_on(self, data: bytes, missing: int) -> bytes:
        if self._expected:
            self._expected = False
            self._wire.send(_CONTINUE)
        whole = bytearray(data)
        while missing:
            piece = self._wire.receive(missing)
            if not piece:
                raise BrokenError(f"the client ended {self._left} bytes before the end of its body")
            whole += piece
            missing -= len(piece)
            self._left -= len(piece)
        return bytes(whole)

    def skip(self) -> None:
        if len(self._wire.data) - self._wire.at >= self._left:
            self.read()


class Chunked:
    """A body in chunks. Extensions and trailers are passed over where their form is right."""

    __slots__ = ("_expected", "_left", "_wire", "ended")

    def __init__(self, wire: Wire, *, expected: bool) -> None:
        self._wire = wire
        self._left = 0
        """Bytes of the chunk at hand that are not read yet."""
        self._expected = expected
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        if self._expected:
            self._expected = False
            self._wire.send(_CONTINUE)
        wanted = size if size >= 0 else sys.maxsize
        read = bytearray()
        while len(read) < wanted and not self.ended:
            if self._left:
                self._read_piece(read, wanted)
            else:
                self._read_small(read, wanted)
                if len(read) < wanted:
                    self._open()
        return bytes(read)

    def skip(self) -> None:
        """Its end is not known before it is read."""

    def _read_small(self, read: bytearray, wanted: int) -> None:
        """All chunks that are received whole, in one loop: there may be a million of one byte."""
        data, at = self._wire.data, self._wire.at
        while (end := data.find(b"\r\n", at, at + _LINE_BYTES)) > 0:
            size = _size(data[at:end])
            after = end + 2 + size
            if not size or len(read) + size > wanted or data[after : after + 2] != b"\r\n":
                break
            read += data[end + 2 : after]
            at = after + 2
        self._wire.at = at

    def _open(self) -> None:
        """Go into the next chunk, or to the end of the body."""
        self._left = _size(self._line())
        if not self._left:
            most = head.FIELD_BYTES
            while line := self._line():
                most -= len(line)
                if most < 0 or not head.FIELD.fullmatch(line):
                    raise BrokenError("the trailers are malformed")
            self.ended = True

    def _read_piece(self, read: bytearray, wanted: int) -> None:
        wire, most = self._wire, min(self._left, wanted - len(read))
        piece = wire.data[wire.at : wire.at + most]
        wire.at += len(piece)
        piece = piece or wire.receive(most)
        if not piece:
            raise BrokenError("the client ended in the middle of a chunk")
        read += piece
        self._left -= len(piece)
        if not self._left and self._line():
            raise BrokenError("a chunk is longer than its size")

    def _line(self) -> bytes:
        wire = self._wire
        while (end := wire.data.find(b"\r\n", wire.at)) < 0:
            if len(wire.data) - wire.at > head.FIELD_BYTES or not wire.more():
                raise BrokenError("the chunks break off")
        line = wire.data[wire.at : end]
        wire.at = end + 2
        return line


@lru_cache(maxsize=64)
def _size(line: bytes) -> int:
    """Of a chunk; `line` is what stands before it. Raises BrokenError."""
    found = _SIZE.fullmatch(line)
    if not found:
        raise BrokenError("this is no size of a chunk")
    return int(found[1], 16)
