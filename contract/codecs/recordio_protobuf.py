"""application/x-recordio-protobuf: protobuf Records in RecordIO frames, dense and sparse, read and written.

Features and label stand under the key `values`. A record with `keys` is sparse and must give its `shape`.
Source: SageMaker developer guide, "Common Data Formats for Training"; MXNet's RecordIO for the framing.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from contract.codecs import columns, gather, text
from contract.codecs.record import message
from contract.codecs.rows import WIDEST, Row, SparseRow, assemble, check_sparse
from contract.dataset import Dataset, Layout, Sparse
from contract.errors import UserError, show

CONTENT_TYPES = ("application/x-recordio-protobuf", "recordio-protobuf")
MAGIC = 0xCED7230A
KEY = "values"
BLOCK = 10_000
"""Records made into one block of rows, fewer where they are wide."""
BLOCK_BYTES = 1 << 22
"""Of the records of one block: as lists of numbers they take ten times as much."""
LONGEST_RECORD = text.LONGEST_LINE
_HEAD = struct.Struct("<II")


def decode(body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
    """One whole body. Raises UserError naming source and record."""
    blocks = _blocks(io.BytesIO(body), layout, source, len(body), len(body))  # of all rows, dense and sparse mixed
    return gather.concatenate(blocks, source)


def read(stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
    """A file or a FIFO in blocks of records. Raises UserError likewise."""
    return _blocks(stream, layout, source, BLOCK, BLOCK_BYTES)


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


def _blocks(stream: BinaryIO, layout: Layout, source: str, rows_at_once: int, bytes_at_once: int) -> Iterator[Dataset]:
    rows: list[Row] = []
    labels: list[float] = []
    number = size = 0
    unlabelled = Layout(width=layout.width, missing=layout.missing)
    for number, record in enumerate(records(stream, source, text.longest_line(layout)), 1):
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
    stream: BinaryIO, source: str, longest: int = LONGEST_RECORD
) -> Iterator[Any]:  # of a class made at run time
    """The Records of `stream`, each of at most `longest` bytes.

    Raises UserError where the bytes are no frame, end within one, or hold no Record.
    """
    number = 1
    while head := stream.read(_HEAD.size):
        where = f"{source}, record {number}"
        magic, size = _HEAD.unpack(head.ljust(_HEAD.size, b"\0"))
        if magic != MAGIC:
            raise UserError(f"the record begins with {show(head[:4])}; expected RecordIO's magic number", where=where)
        if size > longest:
            raise UserError(f"the record's length is {size}; expected {longest} at most", where=where)
        payload = stream.read(size)
        if len(payload) < size or len(head) < _HEAD.size:
            raise UserError("the record is cut short", where=where)
        stream.read(-size % 4)
        yield _parsed(payload, where)
        number += 1


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
    payload: bytes = record.SerializeToString()
    return _HEAD.pack(MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)
