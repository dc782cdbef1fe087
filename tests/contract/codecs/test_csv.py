"""csv as a channel: blocks, line numbers, labels, weights, delimiters, parameters."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from contract.codecs import csv, csv_polars, gather, text
from contract.dataset import Dataset, Layout
from contract.errors import UserError

LABELLED = Layout(label=True)


def load(data: bytes, layout: Layout = LABELLED) -> Dataset:
    return gather.concatenate(csv.read(io.BytesIO(data), layout, {}, "a.csv"), "a.csv")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "BLOCK", 1 << 20)


@pytest.fixture(scope="module")
def long() -> tuple[np.ndarray, list[bytes]]:
    """About 4 MB of text: several blocks."""
    values = np.random.default_rng(0).normal(size=(60_000, 5)).astype(np.float32)
    values[::7, 3] = np.nan
    return values, [b",".join(b"%.9g" % cell for cell in row) for row in values.tolist()]


def test_blocks_hold_every_row_in_order(long: tuple[np.ndarray, list[bytes]]) -> None:
    values, lines = long
    blocks = list(csv.read(io.BytesIO(b"\n".join(lines)), LABELLED, {}, "a.csv"))
    assert len(blocks) > 2
    assert all(block.features.flags.c_contiguous for block in blocks)
    whole = gather.concatenate(blocks, "a.csv")
    np.testing.assert_array_equal(whole.features, values[:, 1:])
    np.testing.assert_array_equal(whole.labels, values[:, 0])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("line", [1, 30_000, 59_999, 60_000])
@pytest.mark.parametrize(
    ("cell", "told"), [(b"x", "'x' is not a number"), (b"inf", "infinite"), (b"1,2", "columns; expected")]
)
def test_bad_cell_is_found_deep_in_a_file(
    long: tuple[np.ndarray, list[bytes]], line: int, cell: bytes, told: str, end: bytes
) -> None:
    lines = list(long[1])
    lines[line - 1] = lines[line - 1].rsplit(b",", 1)[0] + b"," + cell
    with pytest.raises(UserError, match=told) as caught:
        load(end.join(lines))
    if line > 1:
        assert f"a.csv, line {line}" in str(caught.value)
        assert b"," in cell or f"line {line}, column 5" in str(caught.value)


def test_first_bad_row_is_the_one_named(long: tuple[np.ndarray, list[bytes]]) -> None:
    lines = list(long[1])
    lines[20_000] = lines[50_000] = b"1,2,x,4,5"
    with pytest.raises(UserError, match="line 20001, column 3"):
        load(b"\n".join(lines))


def test_blank_line_between_blocks_is_named() -> None:
    row = b"1,2,3\n"
    rows = csv.BLOCK // len(row) + 1
    for before in range(rows - 3, rows + 3):
        with pytest.raises(UserError, match=f"line {before + 1}: the line is blank"):
            load(row * before + b"\n" + row)


def test_weight_is_the_second_column() -> None:
    dataset = load(b"1,0.5,3,4\n0,2,5,6\n", Layout(label=True, weight=True))
    assert dataset.labels is not None
    assert dataset.weights is not None
    assert dataset.labels.tolist() == [1, 0]
    assert dataset.weights.tolist() == [0.5, 2]
    assert np.asarray(dataset.features).tolist() == [[3, 4], [5, 6]]


@pytest.mark.parametrize("weight", ["", "-1", "nan"])
def test_weight_must_be_there_and_not_negative(weight: str) -> None:
    with pytest.raises(UserError, match=r"a\.csv, line 2, column 2: the instance weight"):
        load(f"1,1,3\n1,{weight},3\n".encode(), Layout(label=True, weight=True))


def test_label_must_be_there() -> None:
    with pytest.raises(UserError, match=r"line 2, column 1: Got input data without labels\. Please check"):
        load(b"1,2\n,3\n")


def test_missing_only_where_accepted() -> None:
    with pytest.raises(UserError, match=r"line 2, column 2: the cell is missing .*: impute it, or leave the row out$"):
        load(b"1,2\n3,\n", Layout(missing=False))
    with pytest.raises(UserError, match=r"line 2, column 1: the cell is missing .*here: leave the row out$"):
        load(b"1,2\n,3\n", Layout(label=True, missing=False))


@pytest.mark.parametrize("accepted", [False, True])
def test_empty_cells_are_offered_only_where_accepted(accepted: bool) -> None:
    with pytest.raises(UserError, match=r"'x' is not a number; expected a finite decimal like -1\.5e3") as caught:
        load(b"1,2\n3,x\n", Layout(missing=accepted))
    assert ("an empty cell or nan" in caught.value.message) is accepted


@pytest.mark.parametrize("size", ["0", "1", "2", "x"])
@pytest.mark.parametrize("label", [False, True])
def test_label_size_must_fit_the_layout(size: str, label: bool) -> None:
    def run() -> Dataset:
        return csv.decode(b"1,2\n", Layout(label=label), {"label_size": size, "charset": "UTF-8"}, "body")

    if size == str(int(label)):
        assert run().rows == 1
    else:
        with pytest.raises(UserError, match=f"label_size='{size}' is not supported; expected {int(label)}"):
            run()


def test_other_charsets_are_refused() -> None:
    with pytest.raises(UserError, match="charset 'utf-16'") as caught:
        csv.decode(b"1,2\n", Layout(), {"charset": "utf-16"}, "body")
    assert caught.value.code == "unsupported_content_type"


@pytest.mark.parametrize("mark", csv.DELIMITERS)
def test_delimiter_is_sniffed_on_the_first_line(mark: bytes) -> None:
    lines = [mark.join([b"1.5", b"-2", b"3e1"])] * 40_000  # enough for polars' road
    assert np.asarray(load(b"\n".join(lines)).features).tolist() == [[-2, 30]] * 40_000


def test_fifo_is_read_as_it_comes(tmp_path: Path, long: tuple[np.ndarray, list[bytes]]) -> None:
    pipe = tmp_path / "train_0"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"\n".join(long[1]),))
    writer.start()
    with pipe.open("rb") as stream:
        whole = gather.concatenate(csv.read(stream, LABELLED, {}, "train_0"), "train_0")
    writer.join()
    np.testing.assert_array_equal(whole.features, long[0][:, 1:])


def test_reading_may_stop_early(long: tuple[np.ndarray, list[bytes]]) -> None:
    blocks = csv.read(io.BytesIO(b"\n".join(long[1])), LABELLED, {}, "a.csv")
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]  # it is a generator
    assert threading.active_count() == 1


def test_file_of_one_block_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(csv, "ThreadPoolExecutor")
    for end in (b"", b"\n", b"\r\n\r\n"):
        assert np.asarray(load(b"1,2\n3,4" + end).features).tolist() == [[2], [4]]
    with pytest.raises(NameError):
        load(b"1,2\n" * csv.BLOCK)


@pytest.mark.parametrize("width", [2, 700])
def test_wide_and_narrow_files_read_alike(width: int) -> None:
    values = np.random.default_rng(2).normal(size=(3_000_000 // (10 * width), width)).astype(np.float32)
    data = b"\n".join(b",".join(b"%.9g" % cell for cell in row) for row in values.tolist())
    np.testing.assert_array_equal(load(data, Layout()).features, values)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_cuts_anywhere_keep_lines_and_their_numbers(end: bytes) -> None:
    data = end.join([b"1,2", b"", b"", b"345,6", b"7,8"]) + end * 3
    for size in range(1, len(data) + 2):
        blocks = list(text.blocks(io.BytesIO(data), size, "a.csv"))
        lines = [(block.line + place, line) for block in blocks for place, line in enumerate(block.data.split(b"\n"))]
        found = [(number, line.strip(b"\r")) for number, line in lines]
        assert found == [(1, b"1,2"), (2, b""), (3, b""), (4, b"345,6"), (5, b"7,8")]


def test_line_without_end_does_not_fill_the_memory() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"1," * (size // 2)

    with pytest.raises(UserError, match=r"a\.csv, line 1: the line is longer than"):
        next(csv.read(Endless(), LABELLED, {}, "a.csv"))  # type: ignore[arg-type]  # reads as a stream does


def test_an_image_without_polars_reads_the_same_and_names_the_same_line(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(80_000, 8)).astype(np.float32)
    good = b"\n".join(b",".join(b"%.9g" % cell for cell in row) for row in values.tolist())
    with_polars = load(good, Layout()).features
    monkeypatch.setattr(csv_polars, "installed", lambda: False)
    monkeypatch.setattr(csv_polars, "parse", None)
    np.testing.assert_array_equal(load(good, Layout()).features, with_polars)
    with pytest.raises(UserError, match=r"line 80001, column 3: 'x' is not a number"):
        load(good + b"\n1,2,x,4,5,6,7,8", Layout())
