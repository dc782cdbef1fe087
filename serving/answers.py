"""Answers: predictions as columns, written as csv, JSON, JSON Lines or recordio-protobuf.

A float32 is written with the fewest digits that read back as the same float32. What JSON has no number for (NaN,
infinity) is null there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

Columns: TypeAlias = Mapping[str, NDArray[Any] | None]
"""Name -> one value a row (rows,), a list a row (rows, n) or lists (rows, n, m); None where the key does not apply."""

_JSON_START, _JSON_END = b'{"predictions":[', b"]}"


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


def encode(table: Table, name: str, *, batch: bool = False) -> bytes:
    """The body in the media type `name`, one of WRITERS, or in batch transform's own form."""
    return encode_batch(table) if batch else WRITERS[name](table)


def encode_blocks(tables: Iterable[Table], name: str, *, batch: bool = False) -> Iterator[bytes]:
    """The chunks of one body, a chunk a table: joined they are what `encode` makes of all rows at once."""
    if batch or name != "application/json":
        yield from (encode(table, name, batch=batch) for table in tables)
        return
    between = _JSON_START
    for table in tables:
        yield between + _objects(table, b",")
        between = b","
    yield _JSON_END


def encode_batch(table: Table) -> bytes:
    """One prediction a line, a list as `[a, b]`: what batch transform writes, whatever it accepts."""
    (column,) = table.columns.values()
    return b"".join(cell.replace(b",", b", ") + b"\n" for cell in _cells(column, table.rows))


def _csv(table: Table) -> bytes:
    column = _only(table)
    if column is not None and not table.quoted and np.isfinite(column).all():
        text = _dump(column)
        return (text.replace(b",", b"\n") if column.ndim == 1 else text[1:-1].replace(b"],[", b"\n")) + b"\n"
    rows = zip(*(_csv_cells(column, table) for column in table.columns.values()), strict=True)
    return b"".join(b",".join(row) + b"\n" for row in rows)


def _csv_cells(column: NDArray[Any] | None, table: Table) -> list[bytes]:
    if column is None:
        return [b""] * table.rows
    rows = column.reshape(table.rows, -1)
    cells = _dump(rows.ravel()).split(b",")
    # JSON has no number for these; all others are written as beside finite ones alone.
    for place in np.flatnonzero(~np.isfinite(rows)):
        cells[place] = str(rows.flat[place]).encode()
    count = rows.shape[1]
    return [_csv_list(cells[start : start + count], table) for start in range(0, len(cells), count)]


def _csv_list(values: list[bytes], table: Table) -> bytes:
    if not table.quoted or len(values) == 1:
        return b",".join(values)
    return b'"[' + b", ".join(values) + b']"'


def _json(table: Table) -> bytes:
    return _JSON_START + _objects(table, b",") + _JSON_END


def _jsonlines(table: Table) -> bytes:
    return _objects(table, b"\n") + b"\n"


def _objects(table: Table, separator: bytes) -> bytes:
    """One JSON object a row."""
    keys = [orjson.dumps(name) + b":" for name in table.columns]
    column = _only(table)
    if column is not None:
        between = b"}" + separator + b"{" + keys[0]
        values = _dump(column)
        joined = values.replace(b",", between) if column.ndim == 1 else values.replace(b"],[", b"]" + between + b"[")
        return b"{" + keys[0] + joined + b"}"
    rows = zip(*(_cells(column, table.rows) for column in table.columns.values()), strict=True)
    return separator.join(
        b"{" + b",".join(key + cell for key, cell in zip(keys, row, strict=True)) + b"}" for row in rows
    )


def _only(table: Table) -> NDArray[Any] | None:
    """The column of a table that has one, of values or of lists: it is written without an object a row in memory."""
    (column, *others) = table.columns.values()
    return None if others or column is None or column.ndim > 2 else column


def _dump(column: NDArray[Any]) -> bytes:
    """A column as JSON, without the outermost brackets."""
    return orjson.dumps(np.ascontiguousarray(column), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]


def _cells(column: NDArray[Any] | None, rows: int) -> list[bytes]:
    """Each row's value as JSON."""
    if column is None:
        return [b"null"] * rows
    text = _dump(column)
    if column.ndim == 1:
        return text.split(b",")
    closing = b"]" * (column.ndim - 1)
    opening = b"[" * (column.ndim - 1)
    return [opening + cell + closing for cell in text[len(opening) : -len(closing)].split(closing + b"," + opening)]


def _recordio(table: Table) -> bytes:
    from contract.codecs import recordio_protobuf  # protobuf is not paid for until an answer wants it

    known = {name: column.reshape(table.rows, -1) for name, column in table.columns.items() if column is not None}
    records = ({name: values[place] for name, values in known.items()} for place in range(table.rows))
    return recordio_protobuf.write(records)


WRITERS: Mapping[str, Callable[[Table], bytes]] = {
    "text/csv": _csv,
    "application/json": _json,
    "application/jsonlines": _jsonlines,
    "application/x-recordio-protobuf": _recordio,
}
"""Media type -> writer, in the order in which equal wishes are decided."""
