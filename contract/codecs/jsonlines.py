"""application/jsonlines: one instance a line, dense and sparse mixed as one likes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from contract.codecs import instances, json, text
from contract.codecs.rows import Row, assemble
from contract.dataset import Dataset, Layout
from contract.errors import UserError

CONTENT_TYPES = ("application/jsonlines", "application/x-jsonlines")
BLOCK = 1 << 18


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source, line and column."""
    text.check_charset(parameters)
    # Whether rows make a matrix is known only when all are, so they are gathered before they are assembled.
    blocks = text.blocks(io.BytesIO(body), BLOCK, source, text.longest_line(layout))
    rows = [row for block in blocks for row in _rows(block, layout, source)]
    if not rows:
        raise text.rows_missing(source)
    return assemble(rows, layout, source, unit="line")


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file or a FIFO in blocks. Raises UserError likewise."""
    text.check_charset(parameters)
    for block in text.blocks(stream, BLOCK, source, text.longest_line(layout)):
        yield assemble(list(_rows(block, layout, source)), layout, source, block.line, "line")


read_alone = read


def _rows(block: text.Block, layout: Layout, source: str) -> Iterator[Row]:
    for number, line in enumerate(block.data.split(b"\n"), block.line):
        where = f"{source}, line {number}"
        if not line.strip():
            raise UserError("the line is blank; expected one instance", where=where)
        instance = json.load(line, source, number)
        json.check_keys(line, instance, where)
        yield instances.parse(instance, layout, where)
