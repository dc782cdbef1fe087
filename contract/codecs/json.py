"""application/json: `{"instances": [...]}`, a list of rows, or one row as a list of numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from contract.codecs import instances, text
from contract.codecs.rows import Row, assemble
from contract.dataset import Dataset, Layout
from contract.errors import UserError, show

CONTENT_TYPES = ("application/json",)
SMALL = 1 << 16
"""Bytes of a body too small to fill the memory, whatever it holds."""
MOST_OBJECTS = 3
"""Objects that hold one dense instance, besides its one list."""
ANSWERS = frozenset({"predictions", "projections"})
"""Keys of the JSON that models answer in."""
_LEVELS = 4
"""Objects within objects that hold an instance, from `instances` to `values`."""


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source, row and column."""
    text.check_charset(parameters)
    body = text.start(body, source)
    _check_size(body, layout, source)
    document = load(body, source)
    given = _instances(document, source)
    check_keys(body, document, source)
    rows: list[Row] = [instances.parse(one, layout, f"{source}, row {n}") for n, one in enumerate(given, 1)]
    return assemble(rows, layout, source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file, which is one document and so one block. Raises UserError likewise."""
    yield decode(stream.read(), layout, parameters, source)


read_alone = read


def load(data: bytes, source: str, line: int = 1) -> object:
    """The value of one JSON text that begins on `line`. Raises UserError with line and column where it is none."""
    import orjson

    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        where = f"{source}, line {line + error.lineno - 1}, column {error.colno}"
        raise UserError(f"the text is not valid JSON: {error.msg}", where=where) from error


def _instances(document: object, source: str) -> list[object]:
    if isinstance(document, dict):
        if document.keys() - {"configuration"} != {"instances"}:
            raise _unknown(list(document), source)
        document = document["instances"]
    if not isinstance(document, list):
        raise UserError(f'{show(document)} is not a list of rows or {{"instances": [...]}}', where=source)
    if not document:
        raise text.rows_missing(source)
    return document if isinstance(document[0], (list, dict)) else [document]


def _unknown(keys: list[str], source: str) -> UserError:
    """The error for an object of other keys than a request's."""
    message = f'the object has the keys {show(keys[:5])}; expected {{"instances": [...]}}'
    if ANSWERS.intersection(keys):
        message += instances.ANSWER
    return UserError(message, where=source)


def check_keys(data: bytes, document: object, source: str) -> None:
    """Raises UserError where an object of `data`, which was read as `document`, has one key twice."""
    # As many colons as keys leave no room for a second one. Others may stand in strings: then each object is looked at.
    if data.count(b":") == _keys(document):
        return
    try:
        json.loads(data, object_pairs_hook=lambda pairs: _check_pairs(pairs, source))
    except (RecursionError, ValueError) as error:
        raise UserError("the JSON nests too deeply or holds too long a number", where=source) from error


def _keys(document: object, levels: int = _LEVELS) -> int:
    """Keys in all objects of `document`, as far as instances nest: what nests deeper must not fill the stack."""
    if isinstance(document, dict):
        return len(document) + sum(_keys(value, levels - 1) for value in document.values() if levels)
    if isinstance(document, list):
        return sum(_keys(value, levels) for value in document if isinstance(value, dict))
    return 0


def _check_pairs(pairs: list[tuple[str, object]], source: str) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise UserError(f"the key {show(twice)} stands twice in one object", where=source)


def _check_size(body: bytes, layout: Layout, source: str) -> None:
    """Raises UserError where `body` has more lists than its numbers can fill: each costs memory, even empty."""
    if len(body) <= SMALL or b'"keys"' in body:
        return
    rows = body.count(b",") // (layout.width or 1) + 1
    if body.count(b"[") > rows + 2 or body.count(b"{") > MOST_OBJECTS * rows + 1:
        raise UserError("there are more lists than rows of numbers; expected one list a row", where=source)
