"""Bodies that the default input_fn reads, and what the default output_fn writes."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract import limits
from contract.dataset import Layout
from contract.errors import UserError
from serving.handlers import decoding, encoding, npz
from serving.handlers.user_code import TABLE_FACTOR
from serving.invocation import Invocation

CORPUS = Path(__file__).parents[2] / "corpus" / "npz"
MOST = 50_000_000
MATRIX = np.array([[1, 2.5], [-3, 4]], np.float32)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.npz")), ids=lambda path: path.name)
def test_corpus_of_npz(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = path.with_suffix(".npz.expected").read_text().strip()
    if path.name.startswith("200-"):
        assert npz.decode(path.read_bytes(), MOST).tolist() == json.loads(expected)
    else:
        with pytest.raises(UserError) as raised:
            npz.decode(path.read_bytes(), MOST)
        assert expected in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("offset", range(0, 972, 7))
def test_no_flipped_byte_of_npz_is_a_failure(offset: int) -> None:
    content = bytearray((CORPUS / "200-csr.npz").read_bytes())
    content[offset] ^= 0xFF
    try:
        matrix = npz.decode(bytes(content), MOST)
    except UserError:
        return
    assert matrix.tolist() == json.loads((CORPUS / "200-csr.npz.expected").read_text())


def test_memory_of_npz_is_bounded() -> None:
    whole = 1_000_000
    cells = TABLE_FACTOR * whole // 5 - 50_000
    parts = {
        "data": np.ones(cells, np.int8),
        "indices": (np.arange(cells) % 500).astype(np.int32),
        "indptr": np.linspace(0, cells, 2001).astype(np.int64),
        "shape": np.array([2000, 500]),
        "format": np.array(b"csr"),
    }
    stream = io.BytesIO()
    np.savez_compressed(stream, **parts)  # type: ignore[arg-type]  # its stub takes the arrays for the flag beside them
    assert len(stream.getvalue()) < whole
    tracemalloc.start()
    npz.decode(stream.getvalue(), TABLE_FACTOR * whole)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < limits.REQUEST_MEMORY_FACTOR * whole


def test_sparse_rows_become_a_table_of_bounded_size() -> None:
    table = decoding.decode(Invocation(b"0 1:2\n0 0:1 2:3\n", "text/libsvm"), Layout(), MOST)
    assert np.array_equal(table, [[np.nan, 2, np.nan], [1, np.nan, 3]], equal_nan=True)
    with pytest.raises(UserError, match="larger than the 50000000 bytes accepted"):
        decoding.decode(Invocation(b"0 15000000:2\n", "text/libsvm"), Layout(), MOST)


def test_unknown_content_type_lists_what_is_read() -> None:
    with pytest.raises(UserError, match=r"'application/octet-stream' is not supported; .*text/csv.*application/x-npz"):
        decoding.check(Invocation(b"1"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MATRIX, "[[1.0,2.5],[-3.0,4.0]]"),
        (MATRIX.T, "[[1.0,-3.0],[2.5,4.0]]"),
        (np.float32(0.1), "0.1"),
        (np.array([np.nan, 1]), "[null,1.0]"),
        ({"scores": MATRIX[0], 1: [np.int64(2)]}, '{"scores":[1.0,2.5],"1":[2]}'),
        ("text", '"text"'),
        ([True, None], "[true,null]"),
    ],
)
def test_json(value: Any, expected: str) -> None:
    assert encoding.encode(value, "application/json").decode() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MATRIX, "1.0,2.5\n-3.0,4.0\n"),
        (MATRIX[0], "1.0\n2.5\n"),
        ([1, 2], "1\n2\n"),
        (np.array([], np.float32), ""),
        (0.5, "0.5\n"),
        (np.array([0.1, 0.2], np.float16), "0.0999755859375\n0.199951171875\n"),
        (["a", 'b"c,d'], 'a\n"b""c,d"\n'),
        ([["a", 1], ["b", 2]], "a,1\nb,2\n"),
        (np.array([1, 2], ">i4"), "1\n2\n"),
    ],
)
def test_csv(value: Any, expected: str) -> None:
    assert encoding.encode(value, "text/csv").decode() == expected


def test_json_lines_and_npy() -> None:
    assert encoding.encode(MATRIX, "application/jsonlines") == b"[1.0,2.5]\n[-3.0,4.0]\n"
    assert encoding.encode({"a": 1}, "application/jsonlines") == b'{"a":1}\n'
    assert np.array_equal(np.load(io.BytesIO(encoding.encode(MATRIX.T, "application/x-npy"))), MATRIX.T)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "application/json"),
        ({"a": 1}, "text/csv"),
        (np.zeros((2, 2, 2)), "text/csv"),
        (np.array([object()]), "application/x-npy"),
        ([[1], [1, 2]], "text/csv"),
    ],
)
def test_what_a_format_cannot_hold(value: Any, name: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        encoding.encode(value, name)
