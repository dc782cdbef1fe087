"""The same rows as a request body in every format, and the values of an answer in every media type."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset, Sparse

Rows = NDArray[np.float32]


def cells(rows: Rows, empty: str) -> list[list[str]]:
    return [[empty if np.isnan(value) else repr(float(value)) for value in row] for row in rows]


def csv(rows: Rows) -> bytes:
    return "".join(",".join(row) + "\n" for row in cells(rows, "")).encode()


def libsvm(rows: Rows) -> bytes:
    lines = (" ".join(f"{n}:{value}" for n, value in enumerate(row) if value) for row in cells(rows, ""))
    return "".join(f"0 {line}\n" for line in lines).encode()


def as_json(rows: Rows) -> bytes:
    return f'{{"instances":[{",".join(instances(rows))}]}}'.encode()


def jsonlines(rows: Rows) -> bytes:
    return "".join(line + "\n" for line in instances(rows)).encode()


def instances(rows: Rows) -> list[str]:
    return [f'{{"features":[{",".join(row)}]}}' for row in cells(rows, "null")]


def npy(rows: Rows) -> bytes:
    stream = io.BytesIO()
    np.save(stream, rows)
    return stream.getvalue()


def recordio(rows: Rows) -> bytes:
    return recordio_protobuf.encode(Dataset(rows))


def sparse(rows: Rows, absent: float = np.nan) -> Sparse:
    """`rows` without the cells that are `absent`."""
    present = ~np.isnan(rows) if np.isnan(absent) else rows != absent
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
    return Sparse(offsets, np.nonzero(present)[1].astype(np.int32), rows[present], rows.shape[1])


def recordio_sparse(rows: Rows, absent: float = np.nan) -> bytes:
    return recordio_protobuf.encode(Dataset(sparse(rows, absent)))


def sparse_instances(rows: Rows) -> list[str]:
    """Without the zeros."""
    kept = [
        {"keys": np.flatnonzero(row).tolist(), "shape": [len(row)], "values": row[row != 0].tolist()} for row in rows
    ]
    return [json.dumps({"data": {"features": one}}) for one in kept]


BODIES: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv": ("text/csv", csv),
    "libsvm": ("text/libsvm", libsvm),
    "json": ("application/json", as_json),
    "jsonlines": ("application/jsonlines", jsonlines),
    "npy": ("application/x-npy", npy),
    "recordio": ("application/x-recordio-protobuf", recordio),
    "recordio sparse": ("application/x-recordio-protobuf", recordio_sparse),
}
ZEROS_ABSENT: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv": ("text/csv", csv),
    "json": ("application/json", as_json),
    "json sparse": (
        "application/json",
        lambda rows: f'{{"instances": [{", ".join(sparse_instances(rows))}]}}'.encode(),
    ),
    "json mixed": (
        "application/json",
        lambda rows: f'{{"instances": [{", ".join(sparse_instances(rows[:1]) + instances(rows[1:]))}]}}'.encode(),
    ),
    "jsonlines": ("application/jsonlines", jsonlines),
    "jsonlines sparse": ("application/jsonlines", lambda rows: "\n".join(sparse_instances(rows)).encode()),
    "npy": ("application/x-npy", npy),
    "recordio": ("application/x-recordio-protobuf", recordio),
    "recordio sparse": ("application/x-recordio-protobuf", lambda rows: recordio_sparse(rows, 0)),
}
"""For models to which a cell that is not named is zero."""


def values_of_records(body: bytes, name: str) -> list[Any]:
    records = recordio_protobuf.records(io.BytesIO(body), "answer")
    return [list(record.label[name].float32_tensor.values) for record in records]
