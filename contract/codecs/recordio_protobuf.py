"""application/x-recordio-protobuf: protobuf Records in RecordIO frames, dense and sparse, read and written.

Features and label stand under the key `values`. A record with `keys` is sparse and must give its `shape`.
Source: SageMaker developer guide, "Common Data Formats for Training"; MXNet's RecordIO for the framing.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from contract.codecs import columns, gather, recordio, recordio_dense, text
from contract.codecs.record import KEY, message
from contract.codecs.rows import WIDEST, Row, SparseRow, assemble, check_sparse, to_float32
from contract.dataset import Dataset, Layout, Sparse
from contract.errors import UserError, show

CONTENT_TYPES = ("application/x-recordio-protobuf", "recordio-protobuf")
BLOCK = 10_000
"""Records made into one block of rows, fewer where they are wide."""
BLOCK_BYTES = 1 << 22
"""Of the records of one block: as lists of numbers they take ten times as much."""
LONGEST_RECORD = text.LONGEST_LINE


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source and record."""
    form = _template(body)
    if form is not None and len(body) % len(form.frame) == 0:
        found = _alike(form, body, layout, source, 1)
        if found is not None:
            return found
    blocks = _blocks(io.BytesIO(body), layout, source, len(body), len(body))  # of all rows, dense and sparse mixed
    return gather.concatenate(blocks, source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file or a FIFO in blocks of records. Raises UserError likewise."""
    data, number = stream.read(BLOCK_BYTES), 1
    form = _template(data)
    while form is not None and (rows := len(data) // len(form.frame)):
        whole = rows * len(form.frame)
        found = _alike(form, memoryview(data)[:whole], layout, source, number)
        if found is None:
            break
        yield found
        number += rows
        data = data[whole:] + stream.read(BLOCK_BYTES)
    yield from _blocks(_Continued(data, stream), layout, source, BLOCK, BLOCK_BYTES, number)


read_alone = read


def write(labels: Iterable[Mapping[str, Sequence[float]]]) -> bytes:
    """An answer: one Record for each mapping of a label's name to its values, such as {"score": [0.5]}."""
    return b"".join(_frame(_record({}, one)) for one in labels)


def encode(dataset: Dataset) -> bytes:
    """`dataset` as Records, sparse where its features are; the label, where there is one, under `values`."""
    features = dataset.features
    frames = []
    for row in range(dataset.rows):
        label = {KEY: [float(dataset.labels[row])]} if dataset.labels is not None else {}
        if isinstance(features, Sparse):
            cells = slice(int(features.offsets[row]), int(features.offsets[row + 1]))
            record = _record({KEY: features.values[cells].tolist()}, label)
            tensor = record.features[KEY].float32_tensor
            tensor.keys.extend(features.columns[cells].tolist())
            tensor.shape.append(features.width)
        else:
            record = _record({KEY: features[row].tolist()}, label)
        frames.append(_frame(record))
    return b"".join(frames)


class _Continued:
    """A stream of which `data` was read already."""

    def __init__(self, data: bytes, stream: BinaryIO) -> None:
        self._data = io.BytesIO(data)
        self._stream = stream

    def read(self, size: int) -> bytes:
        data = self._data.read(size)
        return data if len(data) == size else data + self._stream.read(size - len(data))


def _template(data: bytes) -> recordio_dense.Template | None:
    """That of the first record in `data`, if all records may be like it; what is wrong with it is found out later."""
    try:
        first = next(records(io.BytesIO(data), ""), None)
    except UserError:
        return None
    shape = None if first is None else recordio_dense.shape_of(first)
    return None if shape is None else recordio_dense.template(shape)


def _alike(
    form: recordio_dense.Template, data: bytes | memoryview, layout: Layout, source: str, first: int
) -> Dataset | None:
    """The rows of whole frames of one form; None where the strict road must look."""
    numbers = form.numbers(data)
    if numbers is None or len(form.frame) > text.longest_line(layout):
        return None
    features, labels = numbers
    if layout.label and (labels is None or not np.isfinite(to_float32(labels)).all()):
        return None
    unlabelled = _unlabelled(layout)
    columns.check_count(form.shape.count, unlabelled, f"{source}, record {first}")
    grid = to_float32(features)
    columns.check_values(grid, unlabelled, source, first, "record")
    return Dataset(grid, to_float32(labels) if layout.label and labels is not None else None)


def _unlabelled(layout: Layout) -> Layout:
    """Of the features alone: the label has a place of its own."""
    return Layout(width=layout.width, missing=layout.missing)


def _blocks(
    stream: recordio.Readable, layout: Layout, source: str, rows_at_once: int, bytes_at_once: int, first: int = 1
) -> Iterator[Dataset]:
    """The strict road, from record number `first` on."""
    rows: list[Row] = []
    labels: list[float] = []
    number = size = 0
    unlabelled = _unlabelled(layout)
    for number, record in enumerate(records(stream, source, text.longest_line(layout), first), first):
        where = f"{source}, record {number}"
        rows.append(_row(record, unlabelled, where))
        if layout.label:
            labels.append(_label(record, where))
        size += record.ByteSize()
        if len(rows) >= rows_at_once or size >= bytes_at_once:
            yield _dataset(rows, labels, layout, unlabelled, source, number)
            rows, labels, size = [], [], 0
    if rows:
        yield _dataset(rows, labels, layout, unlabelled, source, number)


def _dataset(
    rows: list[Row], labels: list[float], layout: Layout, unlabelled: Layout, source: str, last: int
) -> Dataset:
    features = assemble(rows, unlabelled, source, last - len(rows) + 1, "record").features
    return Dataset(features, np.array(labels, np.float32) if layout.label else None)


def records(
    stream: recordio.Readable, source: str, longest: int = LONGEST_RECORD, first: int = 1
) -> Iterator[Any]:  # of a class made at run time
    """The Records of `stream`, each of at most `longest` bytes; `first` numbers the first one, for the errors.

    Raises UserError where the bytes are no frame, end within one, or hold no Record.
    """
    for number, payload in enumerate(recordio.payloads(stream, source, longest, first), first):
        yield _parsed(payload, f"{source}, record {number}")


def _parsed(payload: bytes, where: str) -> Any:  # a protobuf message
    from google.protobuf.message import DecodeError

    try:
        return message().FromString(payload)
    except DecodeError as error:
        raise UserError("the record is not a protobuf Record of aialgs.data", where=where) from error


def _row(record: Any, layout: Layout, where: str) -> Row:
    tensor = _tensor(record.features, "features", where)
    shape = list(tensor.shape)
    sparse = len(tensor.keys) > 0 or (shape and not len(tensor.values))
    if not sparse:
        columns.check_count(len(tensor.values), layout, where)
        return list(tensor.values)
    if not shape:
        raise UserError("the record has keys and no shape; a sparse record must give both", where=where)
    if len(tensor.keys) > (layout.width or WIDEST):
        raise UserError(
            f"the record has {len(tensor.keys)} keys; expected {layout.width or WIDEST} at most", where=where
        )
    row = SparseRow(list(tensor.keys), list(tensor.values), shape[-1])
    check_sparse(row, layout, where)
    return row


def _label(record: Any, where: str) -> float:
    if KEY not in record.label:
        raise UserError(f"{columns.NO_LABELS} The record has no label {KEY!r}", where=where)
    values = _tensor(record.label, "label", where).values
    if len(values) != 1 or not abs(values[0]) <= float(np.finfo(np.float32).max):
        raise UserError(f"the label is {show(list(values[:3]))}; expected one finite number", where=where)
    return float(values[0])


def _tensor(values: Any, name: str, where: str) -> Any:
    if KEY not in values:
        raise UserError(f"the {name} have the keys {show(sorted(values)[:5])}; expected {KEY!r}", where=where)
    kind = values[KEY].WhichOneof("value")
    if kind is None or kind == "bytes":
        raise UserError(f"the {name} are {kind or 'empty'}; expected a tensor of numbers", where=where)
    return getattr(values[KEY], kind)


def _record(features: Mapping[str, Sequence[float]], label: Mapping[str, Sequence[float]]) -> Any:
    record = message()()
    for target, given in ((record.features, features), (record.label, label)):
        for name, values in given.items():
            target[name].float32_tensor.values.extend(values)
    return record


def _frame(record: Any) -> bytes:
    return recordio.frame(record.SerializeToString())
