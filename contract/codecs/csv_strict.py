"""The strict road through csv: slower, exact, and the only one that says what is wrong and where.

A cell is a finite decimal number (`-1`, `+2.5`, `.5`, `5.`, `1e-7`; blanks around it are ignored) or missing (empty, or
`nan` in any case). Its value is the nearest double, rounded to float32, which must be finite.
"""

from __future__ import annotations

import re
from array import array

import numpy as np

from contract.codecs import columns
from contract.dataset import Floats, Layout
from contract.errors import UserError, show

_NUMBER = re.compile(rb"[ \t]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*")
_NUMERALS = b"0123456789+-.eE \t"
_MISSING = (b"", b"nan")
_INFINITE = (b"inf", b"infinity")
_WORDS = ("nan", "inf", "infinity")
_SHOWN_BYTES = 200
_LARGEST = float(np.finfo(np.float32).max)
ROUNDS_TO_INFINITY = _LARGEST + 2.0**103
"""Half a unit above the largest float32: from here on rounding gives infinity."""


def parse(data: bytes, count: int, delimiter: bytes, layout: Layout, source: str, line: int) -> Floats:
    """`data` as (rows, count). `line` numbers its first line. Raises UserError naming source, line and column."""
    cells = array("f")
    lines = data.split(b"\n")
    for number, text in enumerate(lines, line):
        where = f"{source}, line {number}"
        row = split(text.removesuffix(b"\r"), delimiter, count, layout, where)
        try:
            cells.extend(_row(row))
        except ValueError:
            _check_header(row, number, where)
            cells.extend(_cell(cell, place, layout, where) for place, cell in enumerate(row, 1))
    return np.frombuffer(cells, dtype=np.float32).reshape(len(lines), count)


def split(text: bytes, delimiter: bytes, count: int, layout: Layout, where: str) -> list[bytes]:
    """The cells of one line. Counts before it splits: a line of millions of cells costs nothing. Raises UserError."""
    if not text.strip(b" " if delimiter == b"\t" else b" \t"):
        raise UserError("the line is blank; expected a row of numbers", where=where)
    if b"\r" in text:
        raise UserError("a carriage return stands inside the line; end lines with LF or CRLF", where=where)
    if delimiter == b" ":
        text = re.sub(rb" +", b" ", text.strip(b" "))
    found = text.count(delimiter) + 1
    if found != count:
        raise columns.wrong_count(found, count, layout, where)
    return text.split(delimiter)


def _row(row: list[bytes]) -> list[float]:
    """A row of nothing but finite numbers. Raises ValueError where it holds anything else."""
    # Without other letters than e there is no inf, nan, hex or underscore: float() then takes what _NUMBER does.
    if b"".join(row).translate(None, _NUMERALS):
        raise ValueError
    values = [float(cell) for cell in row]
    if max(values) >= ROUNDS_TO_INFINITY or min(values) <= -ROUNDS_TO_INFINITY:
        raise ValueError
    return values


def _cell(cell: bytes, column: int, layout: Layout, line: str) -> float:
    where = f"{line}, column {column}"
    if _NUMBER.fullmatch(cell):
        value = float(cell)
        if abs(value) < ROUNDS_TO_INFINITY:
            return value
        raise UserError(f"{show(_text(cell))} is beyond the largest float32, {_LARGEST:.8g}", where=where)
    if cell.strip(b" \t").lower() in _MISSING:
        if layout.missing:
            return float("nan")
        raise columns.missing_refused(
            "the cell is missing (empty or nan)", where, leader=column <= columns.leading(layout)
        )
    raise UserError(f"{show(_text(cell))} {_fault(cell, layout)}", where=where)


def _fault(cell: bytes, layout: Layout) -> str:
    """What is wrong with a cell that is no number, as the second half of a sentence."""
    if b'"' in cell or b"'" in cell:
        return "is quoted; expected a bare decimal number"
    if cell.strip(b" \t+-").lower() in _INFINITE:
        return "is infinite; expected a finite number"
    if b"\0" in cell:
        return "holds a NUL byte: is the text UTF-16? save it as UTF-8"
    otherwise = ", or an empty cell or nan where it is missing" if layout.missing else ""
    return f"is not a number; expected a finite decimal like -1.5e3{otherwise}"


def _check_header(row: list[bytes], number: int, where: str) -> None:
    """Raises UserError where the first line looks like column names: every cell begins with a letter."""
    names = [_text(cell).strip(" \t\"'") for cell in row]
    if number == 1 and all(name[:1].isalpha() and name.lower() not in _WORDS for name in names):
        raise UserError(
            f"the line looks like a header row ({show(_text(row[0]))} is first); leave it out: rows of numbers only",
            where=where,
        )


def _text(cell: bytes) -> str:
    return cell[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
