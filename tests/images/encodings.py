"""Rows as requests and answers as numbers, in every format, without the code of the images."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset, Floats

RECORDIO = "application/x-recordio-protobuf"


def npy(rows: Floats) -> bytes:
    stream = io.BytesIO()
    np.save(stream, rows, allow_pickle=False)
    return stream.getvalue()


def _csv(rows: Floats) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def _libsvm(rows: Floats) -> bytes:
    return "".join(f"0 {' '.join(f'{place}:{x}' for place, x in enumerate(row))}\n" for row in rows).encode()


SENT: Mapping[str, Callable[[Floats], bytes]] = {
    "text/csv": _csv,
    "text/libsvm": _libsvm,
    RECORDIO: lambda rows: recordio_protobuf.encode(Dataset(rows)),
    "application/json": lambda rows: json.dumps({"instances": [{"features": row} for row in rows.tolist()]}).encode(),
    "application/jsonlines": lambda rows: "".join(
        json.dumps({"features": row}) + "\n" for row in rows.tolist()
    ).encode(),
    "application/x-npy": npy,
}
"""Content type -> the body that holds these rows (rows, features)."""


def names(document: bytes) -> tuple[str, ...]:
    """What the numbers of a row are called in an answer in JSON: in csv they stand in this order, without names."""
    (rows,) = json.loads(document).values()
    return tuple(rows[0])


def _numbers(answer: Mapping[str, Any], names: Sequence[str]) -> list[float]:
    assert set(answer) == set(names), answer
    return [number for name in names for number in np.ravel(answer[name]).tolist()]


def _document(body: bytes, names: Sequence[str]) -> list[list[float]]:
    (rows,) = json.loads(body).values()
    return [_numbers(row, names) for row in rows]


def _records(body: bytes, names: Sequence[str]) -> list[list[float]]:
    answers = (record.label for record in recordio_protobuf.records(io.BytesIO(body), "answer"))
    return [_numbers({name: row[name].float32_tensor.values for name in row}, names) for row in answers]


READ: Mapping[str, Callable[[bytes, Sequence[str]], list[list[float]]]] = {
    "text/csv": lambda body, _: [[float(cell) for cell in line.split(b",")] for line in body.splitlines()],
    "application/json": _document,
    "application/jsonlines": lambda body, names: [_numbers(json.loads(line), names) for line in body.splitlines()],
    RECORDIO: _records,
}
"""Media type of an answer -> (answer, names of a row's numbers) -> a list of numbers for each row."""


def numbers(media_type: str, body: bytes, names: Sequence[str]) -> Floats:
    """The answer (rows, numbers a row)."""
    return np.array(READ[media_type](body, names), np.float32)
