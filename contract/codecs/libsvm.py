"""text/libsvm: `<label>[:<weight>] [qid:<n>] <index>:<value> ...` a line; `#` begins a comment.

An index is the number of the column as it is written, in training as in serving: nothing is ever shifted. A file that
counts from 1 has a column 0 that is always missing, which is what xgboost.DMatrix makes of it, too. In a request the
label may be left out; where one stands, it is ignored.
"""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np

from contract.codecs import columns, gather, text
from contract.codecs.rows import WIDEST, check_keys
from contract.dataset import Dataset, Layout, Sparse
from contract.errors import UserError, show

CONTENT_TYPES = ("text/libsvm", "text/x-libsvm", "libsvm")
BLOCK = 1 << 20
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_INTEGER = 18
_BEYOND_FLOAT32 = float(np.finfo(np.float32).max) + 2.0**103


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source, line and the pair that is wrong."""
    return gather.concatenate(read(io.BytesIO(body), layout, parameters, source), source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file or a FIFO in blocks of about a megabyte of text. Raises UserError likewise."""
    text.check_charset(parameters)
    for block in text.blocks(stream, BLOCK, source, text.longest_line(layout)):
        lines = _Lines(layout)
        for number, line in enumerate(block.data.split(b"\n"), block.line):
            lines.add(line, f"{source}, line {number}")
        if lines.rows:
            yield lines.finish(source)


read_alone = read


class _Lines:
    """The rows of one block while they are read."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._limit = layout.width or WIDEST
        self._offsets = array("q", [0])
        self._columns = array("i")
        self._values = array("f")
        self._labels = array("f")
        self._weights = array("f")
        self._groups = array("q")

    @property
    def rows(self) -> int:
        return len(self._offsets) - 1

    def add(self, line: bytes, where: str) -> None:
        content, comment, _ = line.partition(b"#")
        tokens = content.split()
        if not tokens:
            if comment:
                return
            raise UserError("the line is blank; expected a row", where=where)
        self._add_label(tokens, where)
        if tokens and tokens[0].startswith(b"qid:"):
            group = _integer(tokens.pop(0)[4:], "qid", where)
            if self._layout.label:
                self._groups.append(group)
        keys = []
        for token in tokens:
            index, colon, value = token.partition(b":")
            if not colon:
                raise UserError(f"{_shown(token)} is not <index>:<value>", where=where)
            keys.append(_integer(index, "index", where))
            self._add_value(keys[-1], value, where)
        check_keys(keys, self._limit, where)
        self._offsets.append(len(self._values))

    def finish(self, source: str) -> Dataset:
        """Raises UserError where only some of the rows have a weight or a qid."""
        for name, given in (("weight", self._weights), ("qid", self._groups)):
            if given and len(given) != self.rows:
                raise UserError(f"some rows have a {name} and some have none; give it on every row", where=source)
        indices = np.array(self._columns, dtype=np.int32)
        width = self._layout.width or (int(indices.max()) + 1 if len(indices) else 1)
        features = Sparse(np.array(self._offsets, np.int64), indices, np.array(self._values, np.float32), width)
        return Dataset(
            features,
            np.array(self._labels, np.float32) if self._layout.label else None,
            np.array(self._weights, np.float32) if self._weights else None,
            np.array(self._groups, np.int64) if self._groups else None,
        )

    def _add_label(self, tokens: list[bytes], where: str) -> None:
        if not self._layout.label:
            if b":" not in tokens[0]:
                _number(tokens.pop(0), "label", where)
            return
        label, colon, weight = tokens.pop(0).partition(b":")
        if label.lower() == b"nan" or not label:
            raise UserError(f"{columns.NO_LABELS} The label is missing", where=where)
        self._labels.append(_number(label, "label", where))
        if colon:
            value = _number(weight, "weight", where)
            if value < 0:
                raise UserError(f"the weight {value:g} is negative; expected 0 or more", where=where)
            self._weights.append(value)

    def _add_value(self, index: int, value: bytes, where: str) -> None:
        if value.lower() != b"nan":
            self._columns.append(min(index, WIDEST))  # check_keys refuses the row where it is more
            self._values.append(_number(value, f"value of index {index}", where))
        elif not self._layout.missing:
            raise columns.missing_refused(f"the value of index {index} is missing", where)


def _number(token: bytes, name: str, where: str) -> float:
    if _NUMBER.fullmatch(token):
        value = float(token)
        if abs(value) < _BEYOND_FLOAT32:
            return value
    raise UserError(f"the {name} is {_shown(token)}; expected a finite decimal number", where=where)


def _integer(token: bytes, name: str, where: str) -> int:
    if not token.isdigit() or len(token) > _LONGEST_INTEGER:
        raise UserError(f"the {name} is {_shown(token)}; expected an integer from 0", where=where)
    return int(token)


def _shown(token: bytes) -> str:
    return show(token[:200].decode("utf-8", "backslashreplace"))
