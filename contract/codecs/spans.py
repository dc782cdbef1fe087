"""Whole lines of a regular file, known by their offsets and read only by whoever parses them, in any thread."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from contract.codecs import text

_STEP = 1 << 16
_MARK = 4
"""Bytes that a byte order mark may take."""


@dataclass(frozen=True)
class Span:
    """As text.Block: `data` are the lines without the last one's end, `line` is the number of the first one, from 1."""

    descriptor: int
    first: int
    """Where the file's text begins."""
    begin: int
    end: int

    @property
    def data(self) -> bytes:
        return _read(self.descriptor, self.begin, self.end)

    @property
    def line(self) -> int:
        """Counted when it is asked for, which is to name an error."""
        starts = range(self.first, self.begin, _STEP)
        return 1 + sum(_read(self.descriptor, start, min(start + _STEP, self.begin)).count(b"\n") for start in starts)


def descriptor(stream: BinaryIO) -> int | None:
    """The descriptor of a regular file that is read as it lies on disk; None for all other streams."""
    raw = stream.raw if isinstance(stream, io.BufferedReader) else stream
    if not isinstance(raw, io.FileIO):  # an unpacking stream has a descriptor, too: that of the packed file
        return None
    number = raw.fileno()
    return number if stat.S_ISREG(os.fstat(number).st_mode) else None


def spans(number: int, first: int, size: int, source: str) -> Iterator[Span]:
    """The lines from offset `first` on, in spans of about `size` bytes. Blank lines at the very end are dropped.

    Raises UserError for UTF-16, and for a line longer than text.LONGEST_LINE.
    """
    mark = _read(number, first, first + _MARK)
    first += len(mark) - len(text.start(mark, source))
    begin, last = first, _content_end(number, first)
    while begin < last:
        end = _line_end(number, first, min(begin + size, last), last, source)
        carriage_return = end < last and _read(number, end - 1, end) == b"\r"
        yield Span(number, first, begin, end - carriage_return)
        begin = end + 1


def _content_end(number: int, first: int) -> int:
    """Where the line ends at the end of the file begin."""
    end = os.fstat(number).st_size
    while end > first:
        start = max(first, end - _STEP)
        if content := _read(number, start, end).rstrip(b"\r\n"):
            return start + len(content)
        end = start
    return first


def _line_end(number: int, first: int, near: int, last: int, source: str) -> int:
    """The offset of the first line end from `near` on, or `last`."""
    for start in range(near, last, _STEP):
        if start - near > text.LONGEST_LINE:
            raise text.too_long(source, Span(number, first, near, near).line)
        place = _read(number, start, min(start + _STEP, last)).find(b"\n")
        if place >= 0:
            return start + place
    return last


def _read(number: int, begin: int, end: int) -> bytes:
    """The bytes between two offsets; a mount that is filled as it is read may give them in parts."""
    data = os.pread(number, end - begin, begin)
    while len(data) < end - begin and (more := os.pread(number, end - begin - len(data), begin + len(data))):
        data += more
    return data
