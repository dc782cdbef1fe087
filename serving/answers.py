"""Answers: predictions as columns, written as csv, JSON, JSON Lines or recordio-protobuf.

A float32 is written with the fewest digits that read back as the same float32, in the spaced style with those of a
float64. What JSON has no number for (NaN, infinity) is null there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from serving.manners import Style

Columns: TypeAlias = Mapping[str, NDArray[Any] | None]
"""Name -> one value a row (rows,), a list a row (rows, n) or lists (rows, n, m); None where the key does not apply."""

COMPACT = Style()
_JSON_END = b"]}"
_AS_PYTHON = (
    (re.compile(rb"e([0-9])"), rb"e+\1"),
    (re.compile(rb"e-([0-9])(?![0-9])"), rb"e-0\1"),
    (re.compile(rb"(?<![0-9])0\.0000([1-9])(?![0-9])"), rb"\1e-05"),
    (re.compile(rb"(?<![0-9])0\.0000([1-9])([0-9]+)"), rb"\1.\2e-05"),
)
"""How Python writes what orjson writes: 1e16 as 1e+16, 1e-6 as 1e-06, 0.000012 as 1.2e-05. All else is the same."""


@dataclass(frozen=True)
class Table:
    """Predictions of `rows` rows."""

    columns: Columns
    rows: int
    quoted: bool = False
    """In csv a list is one quoted cell, as selectable inference has it; else its values are cells of their own."""


class Timings(NamedTuple):
    """Seconds that one answer took in each phase."""

    decode: float
    predict: float
    encode: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `status` like "200 OK", and the body, whole or in chunks."""

    status: str
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    chunks: Iterable[bytes] | None = None
    """The body where it is not at hand in one piece; `body` is empty then."""
    length: int | None = None
    """Bytes in all chunks, where that is known beforehand."""
    timings: Timings | None = None

    @property
    def size(self) -> int | None:
        """Bytes of the whole body; None where that is only known at its end."""
        return len(self.body) if self.chunks is None else self.length


def encode(table: Table, name: str, style: Style = COMPACT, *, batch: bool = False) -> bytes:
    """The body in the media type `name`, one of WRITERS, or in batch transform's own form."""
    return encode_batch(table) if batch else WRITERS[name](table, style)


def encode_blocks(
    tables: Iterable[Table], name: str, style: Style = COMPACT, *, batch: bool = False
) -> Iterator[bytes]:
    """The chunks of one body, a chunk a table: joined they are what `encode` makes of all rows at once."""
    if batch or name != "application/json":
        yield from (encode(table, name, style, batch=batch) for table in tables)
        return
    between = _json_start(style)
    for table in tables:
        yield between + _objects(table, style, _comma(style))
        between = _comma(style)
    yield _JSON_END


def encode_batch(table: Table) -> bytes:
    """One prediction a line, a list as `[a, b]`: what batch transform writes, whatever it accepts."""
    (column,) = table.columns.values()
    return b"".join(cell.replace(b",", b", ") + b"\n" for cell in _cells(column, table.rows, COMPACT))


def _csv(table: Table, style: Style) -> bytes:
    column = _only(table)
    if column is not None and not table.quoted and np.isfinite(column).all():
        text = _dump(column)
        return (text.replace(b",", b"\n") if column.ndim == 1 else text[1:-1].replace(b"],[", b"\n")) + b"\n"
    parts = [part for column in table.columns.values() for part in (b",", _csv_cells(column, table))]
    return _woven(table.rows, *parts[1:], b"\n")


def _csv_cells(column: NDArray[Any] | None, table: Table) -> list[bytes]:
    if column is None:
        return [b""] * table.rows
    rows = column.reshape(table.rows, -1)
    finite = np.isfinite(rows)
    if not table.quoted and finite.all():
        return _dump(rows)[1:-1].split(b"],[")
    cells = _dump(rows.ravel()).split(b",")
    # JSON has no number for these; all others are written as beside finite ones alone.
    for place in np.flatnonzero(~finite):
        cells[place] = str(rows.flat[place]).encode()
    count = rows.shape[1]
    return [_csv_list(cells[start : start + count], table) for start in range(0, len(cells), count)]


def _csv_list(values: list[bytes], table: Table) -> bytes:
    if not table.quoted or len(values) == 1:
        return b",".join(values)
    return b'"[' + b", ".join(values) + b']"'


def _json(table: Table, style: Style) -> bytes:
    return _json_start(style) + _objects(table, style, _comma(style)) + _JSON_END


def _jsonlines(table: Table, style: Style) -> bytes:
    return _objects(table, style, b"\n") + b"\n"


def _json_start(style: Style) -> bytes:
    return b"{" + _named(style.key, style) + b"["


def _comma(style: Style) -> bytes:
    return b", " if style.spaced else b","


def _named(name: str, style: Style) -> bytes:
    return orjson.dumps(name) + (b": " if style.spaced else b":")


def _objects(table: Table, style: Style, separator: bytes) -> bytes:
    """One JSON object a row."""
    keys, comma = [_named(name, style) for name in table.columns], _comma(style)
    column = _only(table)
    if column is not None:
        between = b"}" + separator + b"{" + keys[0]
        values = _dump(column, style)
        of_lists = b"]" + between + b"["
        joined = values.replace(comma, between) if column.ndim == 1 else values.replace(b"]" + comma + b"[", of_lists)
        return b"{" + keys[0] + joined + b"}"
    cells = [_cells(column, table.rows, style) for column in table.columns.values()]
    parts = [part for key, values in zip(keys, cells, strict=True) for part in (comma + key, values)]
    return _woven(table.rows, b"{" + keys[0], *parts[1:], b"}" + separator)[: -len(separator)]


def _woven(rows: int, *parts: bytes | list[bytes]) -> bytes:
    """Row by row what stands in it: a cell of each list, and texts that are the same in all rows."""
    woven = [b""] * (len(parts) * rows)
    for place, part in enumerate(parts):
        woven[place :: len(parts)] = [part] * rows if isinstance(part, bytes) else part
    return b"".join(woven)


def _only(table: Table) -> NDArray[Any] | None:
    """The column of a table that has one, of values or of lists: it is written without an object a row in memory."""
    (column, *others) = table.columns.values()
    return None if others or column is None or column.ndim > 2 else column


def _dump(column: NDArray[Any], style: Style = COMPACT) -> bytes:
    """A column as JSON, without the outermost brackets."""
    if style.spaced and column.dtype.kind == "f":
        column = column.astype(np.float64)
    text = orjson.dumps(np.ascontiguousarray(column), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    if not style.spaced:
        return text
    if b"e" in text or b"0.0000" in text:
        for pattern, written in _AS_PYTHON:
            text = pattern.sub(written, text)
    return text.replace(b",", b", ")


def _cells(column: NDArray[Any] | None, rows: int, style: Style) -> list[bytes]:
    """Each row's value as JSON."""
    if column is None:
        return [b"null"] * rows
    text, comma = _dump(column, style), _comma(style)
    if column.ndim == 1:
        return text.split(comma)
    closing = b"]" * (column.ndim - 1)
    opening = b"[" * (column.ndim - 1)
    return [opening + cell + closing for cell in text[len(opening) : -len(closing)].split(closing + comma + opening)]


def _recordio(table: Table, style: Style) -> bytes:
    from serving import records  # protobuf is not paid for until an answer wants it

    return records.write({name: column for name, column in table.columns.items() if column is not None}, table.rows)


WRITERS: Mapping[str, Callable[[Table, Style], bytes]] = {
    "text/csv": _csv,
    "application/json": _json,
    "application/jsonlines": _jsonlines,
    "application/x-recordio-protobuf": _recordio,
}
"""Media type -> writer, in the order in which equal wishes are decided."""
