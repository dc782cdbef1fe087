"""Missing cells where none are accepted: every format says what to do about them."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest

from contract.codecs import Codec, csv, json, jsonlines, libsvm, npy, parquet, recordio_protobuf
from contract.dataset import Dataset, Layout, Sparse
from contract.errors import UserError

ROWS = np.array([[1, 2], [3, np.nan]], dtype=np.float32)
SPARSE = Sparse(np.array([0, 1, 2]), np.array([0, 1], np.int32), np.array([1, np.nan], np.float32), 2)


def written() -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(ROWS, schema=["a", "b"]).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("codec", "body", "where"),
    [
        (csv, b"1,2\n3,nan\n", "body, line 2, column 2"),
        (json, b"[[1, 2], [3, null]]", "body, row 2, column 2"),
        (json, b'[{"features": {"keys": [0], "shape": [2], "values": [null]}}]', "body, row 1"),
        (jsonlines, b"[1, 2]\n[3, null]\n", "body, line 2, column 2"),
        (libsvm, b"1 0:1\n1 0:3 1:nan\n", "body, line 2"),
        (npy, npy.encode(ROWS), "body, row 2, column 2"),
        (parquet, written(), "body, row 2, column 2"),
        (recordio_protobuf, recordio_protobuf.encode(Dataset(ROWS)), "body, record 2, column 2"),
        (recordio_protobuf, recordio_protobuf.encode(Dataset(SPARSE)), "body, record 2"),
    ],
)
def test_the_way_out_is_said(codec: Codec, body: bytes, where: str) -> None:
    with pytest.raises(UserError, match=r"missing.*: impute it, or leave the row out$") as caught:
        codec.decode(body, Layout(missing=False), {}, "body")
    assert caught.value.where == where
    assert codec.decode(body, Layout(), {}, "body").rows > 0
