"""The oracle is the format written out by hand, byte by byte."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from contract import ndarrays
from contract.errors import AlgorithmError, UserError

TYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64")
VALUES = np.array([1.5, -2], np.float32)
HEAD = struct.pack("<QQQ", 0x112, 0, 1)
NAMES = struct.pack("<QQ", 1, 1) + b"s"
DENSE = struct.pack("<IiIqiii", 0xF993FAC9, 0, 1, 2, 1, 0, 0) + VALUES.tobytes()
FILE = HEAD + DENSE + NAMES


def test_the_bytes_of_a_file() -> None:
    assert ndarrays.write({"s": VALUES}) == FILE
    assert ndarrays.read(FILE)["s"].tolist() == [1.5, -2]


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.sampled_from(TYPES).flatmap(
            lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=1, max_dims=4, min_side=1))
        ),
        max_size=4,
    )
)
def test_what_is_written_is_read(values: dict[str, np.ndarray]) -> None:
    again = ndarrays.read(ndarrays.write(values))
    assert list(again) == list(values)
    for name, array in values.items():
        assert again[name].dtype == array.dtype
        assert again[name].shape == array.shape
        assert again[name].tobytes() == np.ascontiguousarray(array).tobytes()
        assert again[name].flags.aligned


def test_columns_first_and_big_endian_arrays_are_written_as_the_format_has_them() -> None:
    grid = np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3))
    assert ndarrays.read(ndarrays.write({"v": grid}))["v"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "head",
    [
        struct.pack("<IIqiii", 0xF993FAC8, 1, 2, 1, 0, 0),
        struct.pack("<IiIqiii", 0xF993FACA, 0, 1, 2, 1, 0, 0),
        struct.pack("<IIiii", 1, 2, 2, 3, 0),
    ],
    ids=["version 1", "version 3", "before version 1, from a GPU"],
)
def test_other_versions_are_read(head: bytes) -> None:
    data = HEAD + head + VALUES.tobytes() + NAMES
    assert ndarrays.read(data)["s"].tolist() == [1.5, -2]


def array(magic: int = 0xF993FAC9, storage: int = 0, shape: tuple[int, ...] = (2,), kind: int = 0) -> bytes:
    head = struct.pack(f"<IiI{len(shape)}qiii", magic, storage, len(shape), *shape, 1, 0, kind)
    return HEAD + head + bytes(8) + NAMES


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cut short: the header takes 16 bytes, 0 follow"),
        (b"PK\3\4" + bytes(40), r"begins with b'PK"),
        (struct.pack("<QQQ", 0x112, 0, 1 << 62) + DENSE, f"announces {1 << 62} arrays"),
        (HEAD + DENSE + struct.pack("<Q", 0), "holds 1 arrays and 0 names"),
        (struct.pack("<QQQ", 0x112, 0, 1) + DENSE + struct.pack("<QQQ", 2, 0, 0), "holds 1 arrays and 2 names"),
        (HEAD + DENSE + struct.pack("<Q", 1 << 60), f"announces {1 << 60} names"),
        (struct.pack("<QQQ", 0x112, 0, 2) + DENSE * 2 + struct.pack("<QQ", 2, 1) + b"s" + NAMES[8:], "a name twice"),
        (FILE + b"\0", "1 bytes more"),
        (HEAD + DENSE + struct.pack("<QQ", 1, 2000) + b"s" * 2000, "a name of 2000 bytes"),
        (HEAD + DENSE + struct.pack("<QQ", 1, 1) + b"\xff", "not UTF-8"),
        (array(storage=1), "array 1 has storage type 1; expected 0"),
        (array(magic=0xDEADBEEF), f"array 1 has {0xDEADBEEF} dimensions"),
        (array(magic=0), "array 1 has 0 dimensions"),
        (array(shape=()), "array 1 has 0 dimensions"),
        (array(shape=(1,) * 33), "array 1 has 33 dimensions"),
        (array(shape=(0,)), r"the shape \(0,\)"),
        (array(shape=(-1, -8)), r"the shape \(-1, -8\)"),
        (array(shape=(1 << 40,)), f"takes {4 << 40} bytes"),
        (array(shape=(1 << 62, 1 << 62)), "cut short"),
        (array(kind=7), "array 1 has type 7; expected 0 to 6"),
        (array(kind=-1), "array 1 has type -1"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        ndarrays.read(data, "model_algo-1")
    assert (caught.value.code, caught.value.where) == ("bad_model", "model_algo-1")


def test_a_file_cut_anywhere_is_refused() -> None:
    for length in range(len(FILE)):
        with pytest.raises(UserError, match="the file"):
            ndarrays.read(FILE[:length])


@given(st.binary(max_size=200), st.integers(0, len(FILE)))
def test_any_bytes_are_refused_or_read(tail: bytes, kept: int) -> None:
    try:
        found = ndarrays.read(FILE[:kept] + tail)
    except UserError:
        return
    assert sum(value.nbytes for value in found.values()) < kept + len(tail)


@pytest.mark.parametrize(
    "values", [np.array(1.0), np.zeros((0, 3)), np.array(["text"]), np.array([1], np.uint64), np.array([True])]
)
def test_what_the_format_has_no_form_for_is_not_written(values: np.ndarray) -> None:
    with pytest.raises(AlgorithmError, match="no MXNet file holds 'v'"):
        ndarrays.write({"v": values})
