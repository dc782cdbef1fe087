"""The roads through csv give the same numbers or leave it to the strict one: held against it, and it against numpy."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.codecs import csv_polars, csv_simdjson, csv_strict
from contract.dataset import Floats, Layout
from contract.errors import UserError

ROADS = pytest.mark.parametrize("road", [csv_simdjson.parse, csv_polars.parse], ids=["simdjson", "polars"])
LAYOUT = Layout()
ZSTD = bytes.fromhex("28b52ffd2003190000")
"""A frame of zstd up to its three bytes of text."""

numbers = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-3e38, max_value=3e38).map(repr),
    st.integers(-(2**63), 2**64 - 1).map(str),  # simdjson leaves longer ones to the strict road
    st.sampled_from(["0", "-0", "-0.0", "1e5", "1E+5", "1e-400", "3.4028235e38", "0.1", "123456789012345678901.5"]),
)
# Cells that parsers are known to disagree about, and pieces that make such cells.
ODD = [
    *["", " ", "nan", "NaN", " nan", "-nan", "nan1", "inf", "-Infinity", "1e999", "1e39", "-1e39", "1e99999999999"],
    *["+1", ".5", "5.", "007", "1e", "1e+", "e5", ".", "-", "+", "--1", "1-", "1.5.2", "1e5.5", "1e-99999999999"],
    *[
        "1_0",
        "0x10",
        "1d5",
        "1f",
        "1L",
        "true",
        "False",
        "null",
        "None",
        "NA",
        "N/A",
        "#N/A",
        "<NA>",
        "NULL",
        "1%",
        "$1",
    ],
    *['"1"', '"', "'1'", "[1]", "]", "{}", "1 2", " 1 ", "\t1", "1\x0b", "1\0", "1\x002", "1\r", "1;2"],
    *["-nan", "+NaN", " -nan", "\x0b1", "\x0c1", "\x001", "\ufeff1", "\u20031", "\x851", "#1", "1e400", "-1e400"],
    *["9" * 20, "-" + "9" * 20, "18446744073709551616", " -1e39 ", "1e39,1e39", "-1e39,"],
    *["\u0662", "\xa01", "1\u2009", "\u22121", "9" * 400, "0." + "3" * 400],
]
odd = st.sampled_from(ODD)
pieces = st.text(alphabet='0123456789.,-+eE \tnaNiIfF_x"[]{}\r\n\0', max_size=40)


def strict(data: bytes, count: int) -> Floats | None:
    try:
        return csv_strict.parse(data, count, b",", LAYOUT, "body", 1)
    except UserError:
        return None


def check(road: object, data: bytes, count: int) -> None:
    plain = data.replace(b"\r\n", b"\n")
    fast = road(plain, count)  # type: ignore[operator]  # one of two functions
    if fast is not None:
        slow = strict(data, count)
        assert slow is not None, "the fast road accepts what the strict one refuses"
        np.testing.assert_array_equal(fast, slow)


def rows(cells: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[bytes, int]]:
    def lines(count: int) -> st.SearchStrategy[tuple[bytes, int]]:
        row = st.lists(cells, min_size=count, max_size=count).map(",".join)
        return st.lists(row, min_size=1, max_size=6).map(lambda found: ("\n".join(found).encode(), count))

    return st.integers(1, 5).flatmap(lines)


@ROADS
@given(rows(numbers))
@settings(deadline=None, max_examples=150)
def test_plain_numbers_take_the_fast_road(road: object, case: tuple[bytes, int]) -> None:
    data, count = case
    fast, slow = road(data, count), strict(data, count)  # type: ignore[operator]  # one of two functions
    assert slow is not None
    assert fast is not None
    np.testing.assert_array_equal(fast, slow)


@ROADS
@given(rows(st.one_of(numbers, odd)))
@settings(deadline=None, max_examples=400)
def test_odd_cells_never_differ(road: object, case: tuple[bytes, int]) -> None:
    check(road, *case)


@ROADS
@pytest.mark.parametrize("cell", ODD)
def test_each_odd_cell_alone(road: object, cell: str) -> None:
    check(road, f"1,{cell},3".encode(), 3)
    check(road, cell.encode(), 1)


@ROADS
@pytest.mark.parametrize("count", [1, 2])
def test_every_byte_around_a_number(road: object, count: int) -> None:
    for value in range(256):
        byte = bytes([value])
        for cell in (byte, byte + b"1", b"1" + byte, b"1" + byte + b"1"):
            check(road, cell + b",1" * (count - 1), count)
            check(road, b"1," * (count - 1) + cell, count)
            check(road, b"1" + b",1" * (count - 1) + b"\n" + cell + b",1" * (count - 1), count)
            check(road, b"1," * (count - 1) + b"1\n" + b"1," * (count - 1) + cell, count)


@ROADS
@given(pieces, st.integers(1, 4))
@settings(deadline=None, max_examples=400)
def test_any_text_never_differs(road: object, text: str, count: int) -> None:
    check(road, text.encode().strip(b"\r\n") or b"1", count)


@ROADS
@given(st.binary(max_size=40), st.integers(1, 4))
@settings(deadline=None, max_examples=400)
def test_any_bytes_never_differ(road: object, data: bytes, count: int) -> None:
    check(road, data.strip(b"\r\n") or b"1", count)


@ROADS
@pytest.mark.parametrize(
    "pack", [gzip.compress, zlib.compress, ZSTD.__add__, b"x\1\0".__add__], ids=["gzip", "zlib", "zstd", "cut"]
)
def test_nothing_is_unpacked(road: object, pack: Callable[[bytes], bytes]) -> None:
    check(road, pack(b"1,2"), 2)
    check(road, pack(b"\0"), 1)


@ROADS
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 4))
@settings(deadline=None, max_examples=200)
def test_ragged_rows_never_pass(road: object, widths: list[int], count: int) -> None:
    data = b"\n".join(b",".join([b"1"] * width) for width in widths)
    assert (road(data, count) is not None) == (set(widths) == {count})  # type: ignore[operator]  # one of two functions


@ROADS
def test_numbers_between_two_floats_round_alike(road: object) -> None:
    """Next to the middle between two float32, some round otherwise by way of a double than at once."""
    random = np.random.default_rng(1)
    low = random.normal(size=2000).astype(np.float32)
    middle = (low.astype(np.float64) + np.nextafter(low, np.float32(np.inf)).astype(np.float64)) / 2
    digits = [Decimal(value) for value in middle.tolist()]
    cells = [format(value + shift, "f") for value in digits for shift in (0, Decimal("1e-25"), Decimal("-1e-25"))]
    data = "\n".join(f"{cell},{cell}" for cell in cells).encode()
    fast, slow = road(data, 2), strict(data, 2)  # type: ignore[operator]  # one of two functions
    assert fast is not None
    np.testing.assert_array_equal(fast, slow)


@given(rows(numbers))
@settings(deadline=None, max_examples=150)
def test_strict_road_reads_what_numpy_reads(case: tuple[bytes, int]) -> None:
    data, count = case
    reference = np.loadtxt(io.BytesIO(data), delimiter=",", ndmin=2).astype(np.float32)
    np.testing.assert_array_equal(csv_strict.parse(data, count, b",", LAYOUT, "body", 1), reference)


@ROADS
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("large", ["1e39", "-1e39", "9e99", " -1e39 "])
def test_no_cell_passes_for_a_line_end_or_a_missing_one(road: object, large: str, count: int) -> None:
    """Values beyond float32 mark both in simdjson's array: here they stand in the text itself, line ends moved."""
    cells = ["1", large, "2", large, "", "3", large, "nan", "5", large, "6", "7"]
    for length in range(1, len(cells) + 1):
        for ends in range(1 << (length - 1)):
            marks = ["\n" if ends >> place & 1 else "," for place in range(length - 1)] + [""]
            text = "".join(cell + mark for cell, mark in zip(cells, marks, strict=False))
            if text.strip("\n"):
                check(road, text.strip("\n").encode(), count)


@pytest.mark.parametrize("digits", range(1, 18))
def test_every_count_of_digits_gives_the_same_bits(digits: int) -> None:
    random = np.random.default_rng(digits)
    doubles = random.normal(size=2000) * 10.0 ** random.integers(-44, 38, size=2000)
    cells = [form % value for value in doubles.tolist() for form in (f"%.{digits - 1}e", f"%.{digits}g")]
    data = "\n".join(cells).encode()
    fast = csv_simdjson.parse(data, 1)
    assert fast is not None
    assert fast.tobytes() == csv_strict.parse(data, 1, b",", LAYOUT, "body", 1).tobytes()


def test_threads_do_not_meet_in_one_parser() -> None:
    bodies = [f"{value},{value}\n".encode() * 500 + b"1,2" for value in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda body: csv_simdjson.parse(body, 2), bodies * 20))
    for place, grid in enumerate(found):
        np.testing.assert_array_equal(grid, [[place % 8] * 2] * 500 + [[1, 2]])


@ROADS
def test_missing_cells_take_the_fast_road(road: object) -> None:
    grid = road(b"1,,3\n,nan,\nNaN,2,NAN", 3)  # type: ignore[operator]  # one of two functions
    np.testing.assert_array_equal(grid, [[1, np.nan, 3], [np.nan] * 3, [np.nan, 2, np.nan]])
