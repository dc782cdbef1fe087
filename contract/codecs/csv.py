"""text/csv: rows of numbers, no header; label first and weight second where the layout has them.

Small bodies and small files are read by simdjson, blocks of files by polars in several threads, and whatever those
might read differently by the strict road: all three give the same numbers. The delimiter is sniffed on the first line:
the first of comma, semicolon, tab, bar and blank that occurs there. A blank line is an error, except at the very end.
"""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

import numpy as np

from contract import resources
from contract.codecs import columns, csv_polars, csv_simdjson, csv_strict, gather, spans, text
from contract.dataset import Dataset, Layout
from contract.errors import UserError, show

CONTENT_TYPES = ("text/csv", "csv")
DELIMITERS = (b",", b";", b"\t", b"|", b" ")
BLOCK = 1 << 22
"""Bytes of a file parsed at a time by one thread."""
BYTES_PER_COLUMN = 2048
"""Of a block, below which simdjson is the faster one: polars spends some ten microseconds on each column."""
MOST_THREADS = 4


@dataclass(frozen=True)
class _Form:
    count: int
    delimiter: bytes
    layout: Layout
    source: str


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body, without polars. Raises UserError naming source, line and column."""
    _check(parameters, layout)
    if len(body) > csv_simdjson.BLOCK:
        return gather.concatenate(_decode_blocks(io.BytesIO(body), layout, source), source)
    data = text.start(body, source).rstrip(b"\r\n")
    if not data:
        raise text.rows_missing(source)
    return _parse(text.Block(data, 1), _form(data, layout, source))


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file or a FIFO in blocks of about four megabytes, parsed ahead in threads. Raises UserError likewise.

    An image without polars, which takes 180 MB, reads in the calling thread instead, at half the pace.
    """
    if not csv_polars.installed():
        yield from read_alone(stream, layout, parameters, source)
        return
    _check(parameters, layout)
    blocks = _blocks(stream, source)
    begin = list(islice(blocks, 2))
    if begin:
        form = _form(begin[0].data, layout, source)
        yield from _parse_ahead(chain(begin, blocks), form) if len(begin) > 1 else [_parse(begin[0], form)]


def read_alone(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """`read` in blocks of half a megabyte, in the calling thread and without polars."""
    _check(parameters, layout)
    return _decode_blocks(stream, layout, source)


def _blocks(stream: BinaryIO, source: str) -> Iterator[text.Block | spans.Span]:
    """Of a regular file only offsets, so that the threads that parse it read it, too."""
    number = spans.descriptor(stream)
    if number is None:
        return text.blocks(stream, BLOCK, source)
    return spans.spans(number, stream.tell(), BLOCK, source)


def _parse_ahead(blocks: Iterable[text.Block | spans.Span], form: _Form) -> Iterator[Dataset]:
    # More than polars' own pool has, so that the pool is busy while other blocks are read and copied.
    threads = min(resources.cpus(), MOST_THREADS) + 2
    pending: deque[Future[Dataset]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for block in blocks:
            pending.append(pool.submit(_parse, block, form))
            if len(pending) > threads + 1:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _decode_blocks(stream: BinaryIO, layout: Layout, source: str) -> Iterator[Dataset]:
    form: _Form | None = None
    for block in text.blocks(stream, csv_simdjson.BLOCK, source, text.longest_line(layout)):
        form = form or _form(block.data, layout, source)
        yield _parse(block, form, polars=False)


def _parse(block: text.Block | spans.Span, form: _Form, *, polars: bool = True) -> Dataset:
    data = block.data
    try:
        return _rows(data, form, 1, polars=polars)
    except UserError:
        return _rows(data, form, block.line, polars=polars)  # once more, to name the line; counting it takes time


def _rows(data: bytes, form: _Form, line: int, *, polars: bool) -> Dataset:
    plain = _plain(data, form.delimiter)
    long = len(data) > max(csv_simdjson.BLOCK, BYTES_PER_COLUMN * form.count)
    fast = csv_polars.parse if polars and long else csv_simdjson.parse
    grid = None if plain is None else fast(plain, form.count)
    if grid is None or (not form.layout.missing and np.isnan(grid).any()):
        grid = csv_strict.parse(data, form.count, form.delimiter, form.layout, form.source, line)
    return columns.split(grid, form.layout, form.source, line)


def _plain(data: bytes, delimiter: bytes) -> bytes | None:
    """`data` with LF for CRLF and commas for the delimiter; None where commas already stand for something else."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if delimiter == b",":
        return data
    if b"," in data:
        return None
    if delimiter == b" ":
        data = re.sub(rb" *\n *", b"\n", data.strip(b" "))
        return re.sub(rb" +", b",", data)
    return data.replace(delimiter, b",")


def _form(data: bytes, layout: Layout, source: str) -> _Form:
    """What the first line says of the others. Raises UserError where it cannot be a row of the layout."""
    end = data.find(b"\n")
    first = (data if end < 0 else data[:end]).removesuffix(b"\r")
    delimiter = b"," if b"," in first else next((mark for mark in DELIMITERS if mark in first.strip(b" ")), b",")
    wanted = columns.expected(layout)
    if wanted is None:
        wanted = len(re.sub(rb" +", b" ", first.strip(b" ")).split(delimiter))
        columns.check_count(wanted, layout, f"{source}, line 1")
    return _Form(wanted, delimiter, layout, source)


def _check(parameters: Mapping[str, str], layout: Layout) -> None:
    """Raises UserError (unsupported_content_type) for a charset that is not UTF-8 and a label_size that contradicts the
    layout."""
    if not parameters:
        return
    text.check_charset(parameters)
    size = parameters.get("label_size")
    if size is not None and size != str(int(layout.label)):
        holds = "the first column is the label" if layout.label else "there is no label column"
        raise UserError(
            f"label_size={show(size)} is not supported; expected {int(layout.label)}: {holds}",
            code="unsupported_content_type",
        )
