"""parquet as a channel: slices, streams that cannot go back, damage anywhere, types, memory."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.codecs import gather, parquet
from contract.dataset import Dataset, Layout
from contract.errors import UserError

VALUES = np.random.default_rng(3).normal(size=(1000, 4)).astype(np.float32)
VALUES[::7, 2] = np.nan
NAMES = ("y", "a", "b", "c")


def by_pyarrow(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    columns = {name: pa.array(column, from_pandas=True) for name, column in zip(NAMES, values.T, strict=True)}
    pq.write_table(pa.table(columns), stream, row_group_size=300)
    return stream.getvalue()


def by_polars(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(values, schema=NAMES, orient="row").write_parquet(stream, row_group_size=300)
    return stream.getvalue()


WRITERS = pytest.mark.parametrize("write", [by_pyarrow, by_polars])


def check(found: Dataset) -> None:
    assert found.names == NAMES[1:]
    assert isinstance(found.features, np.ndarray)
    assert found.features.flags.c_contiguous
    np.testing.assert_array_equal(found.features, VALUES[:, 1:])
    np.testing.assert_array_equal(found.labels, VALUES[:, 0])


def load(stream: BinaryIO) -> Dataset:
    return gather.concatenate(parquet.read(stream, Layout(label=True), {}, "a.parquet"), "a.parquet")


@WRITERS
def test_slices_hold_every_row_in_order(write: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "CELLS", 400)
    data = write(VALUES)
    assert [block.rows for block in parquet.read(io.BytesIO(data), Layout(), {}, "a")] == [100] * 10
    check(load(io.BytesIO(data)))
    check(parquet.decode(data, Layout(label=True), {}, "body"))


@WRITERS
def test_what_cannot_go_back_is_read_all_the_same(write: Callable[..., bytes], tmp_path: Path) -> None:
    data = write(VALUES)
    plain, zipped, pipe = tmp_path / "a.parquet", tmp_path / "a.parquet.gz", tmp_path / "train_0"
    plain.write_bytes(data)
    zipped.write_bytes(gzip.compress(data))
    os.mkfifo(pipe)
    with plain.open("rb") as stream:
        stream.peek(4)
        check(load(stream))
    with zipped.open("rb") as raw, gzip.GzipFile(fileobj=raw) as unzipped, io.BufferedReader(unzipped) as stream:
        stream.peek(4)
        check(load(cast(BinaryIO, stream)))
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    with pipe.open("rb") as stream:
        check(load(stream))
    writer.join()


@WRITERS
def test_damage_anywhere_is_the_users(write: Callable[..., bytes]) -> None:
    data = write(VALUES[:200])
    random = np.random.default_rng(5)
    for _ in range(300):
        damaged = bytearray(data)
        for place in random.integers(0, len(data), 3):
            damaged[place] = random.integers(0, 256)
        try:
            parquet.decode(bytes(damaged), Layout(label=True), {}, "body")
        except UserError as error:
            assert str(error).startswith("body")  # noqa: PT017  # not every damage can be seen


def test_every_kind_of_number_is_read() -> None:
    columns = {
        "a": pa.array([1, None], pa.int8()),
        "b": pa.array([2**63 + 2**39 + 1, 0], pa.uint64()),
        "c": pa.array([True, False]),
        "d": pa.array([Decimal("1.25"), None]),
        "e": pa.array([0.1, -1e-50]),
    }
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    expected = np.array([[1, 2**63 + 2**39 + 1, 1, 1.25, 0.1], [np.nan, 0, 0, np.nan, -1e-50]]).astype(np.float32)
    np.testing.assert_array_equal(parquet.decode(stream.getvalue(), Layout(), {}, "body").features, expected)


@pytest.mark.parametrize(("value", "kind"), [("x", "string"), ([1.0], "list"), ({"a": 1}, "struct"), (b"x", "binary")])
def test_what_is_no_number_is_refused_by_name(value: object, kind: str) -> None:
    stream = io.BytesIO()
    pq.write_table(pa.table({"good": [1.0], "bad": pa.array([value])}), stream)
    with pytest.raises(UserError, match=f"body: column 'bad' holds {kind}.*; expected numbers only"):
        parquet.decode(stream.getvalue(), Layout(), {}, "body")


PROGRAM = """
import sys
from pathlib import Path
import polars
from contract.codecs import parquet
from contract.dataset import Layout


def held(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def read(path):
    # Anonymous memory: pages of the file itself can be given back at any time.
    rows, most = 0, 0
    with open(path, "rb") as stream:
        for block in parquet.read(stream, Layout(), {}, path):
            rows, most = rows + block.rows, max(most, held("RssAnon"))
    return rows, most


read(sys.argv[1])
before = held("RssAnon")
rows, most = read(sys.argv[2])
print(rows, most - before)
"""


@pytest.mark.parametrize("group", [50_000, 1_000_000], ids=["small row groups", "one row group"])
def test_memory_is_bounded_by_the_slice(group: int, tmp_path: Path) -> None:
    values = np.random.default_rng(4).normal(size=(1_000_000, 20)).astype(np.float32)
    frame = pl.DataFrame(values, schema=[str(place) for place in range(20)])
    frame.head(1000).write_parquet(tmp_path / "small.parquet")
    frame.write_parquet(tmp_path / "large.parquet", row_group_size=group, compression="uncompressed")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "small.parquet"), str(tmp_path / "large.parquet")]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]).stdout
    rows, held = map(int, output.split())
    assert rows == len(values)
    print(f"{held / 2**20:.0f} MiB beside {values.nbytes / 2**20:.0f} MiB of numbers")
    assert held < values.nbytes
