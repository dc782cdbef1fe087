"""The fast road answers as the strict road does, or not at all."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract.codecs import gather, recordio, recordio_dense, recordio_protobuf
from contract.codecs.record import KEY, message
from contract.dataset import Dataset, Layout
from contract.errors import UserError

KINDS = ("float32_tensor", "float64_tensor")
LABELS = ("", *KINDS, "int32_tensor")


def frames(features: str, label: str, rows: Iterable[Iterable[float]], labels: Iterable[float]) -> bytes:
    """As SageMaker's SDK writes arrays: one record a row."""
    written = []
    for row, one in zip(rows, labels, strict=True):
        record = message()()
        getattr(record.features[KEY], features).values.extend(row)
        if label:
            getattr(record.label[KEY], label).values.append(int(one) if label == "int32_tensor" else one)
        written.append(recordio.frame(record.SerializeToString()))
    return b"".join(written)


def outcome(data: bytes, layout: Layout, *, whole: bool) -> tuple[object, ...]:
    """The numbers, or the error's text."""
    try:
        if whole:
            found = recordio_protobuf.decode(data, layout, {}, "x")
        else:
            found = gather.concatenate(recordio_protobuf.read(io.BytesIO(data), layout, {}, "x"), "x")
    except UserError as error:
        return (str(error),)
    labels = None if found.labels is None else found.labels.tobytes()
    features = found.features if isinstance(found.features, np.ndarray) else found.features.dense()
    return features.shape, features.tobytes(), labels


def strict(data: bytes, layout: Layout) -> tuple[object, ...]:
    with mock.patch.object(recordio_protobuf, "_template", return_value=None):
        return outcome(data, layout, whole=True)


NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 1e300, 5e-324])


@settings(deadline=None)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(LABELS),
    st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=6)),
    st.lists(st.integers(-3, 300), min_size=6, max_size=6),
    st.booleans(),
    st.booleans(),
    st.none() | st.tuples(st.integers(0, 400), st.integers(1, 255)),
)
@example("float32_tensor", "", [[float("inf")]], [0, 0, 0, 0, 0, 0], True, True, None)
@example("float32_tensor", "float64_tensor", [[float("inf")], [1.0]], [0, 0, 0, 0, 0, 0], True, True, (60, 255))
@example("float32_tensor", "int32_tensor", [[1.0], [2.0]], [1, 127, 0, 0, 0, 0], True, True, None)
@example("float32_tensor", "int32_tensor", [[1.0], [2.0]], [1, 128, 0, 0, 0, 0], True, True, None)
def test_both_roads_give_the_same_numbers_or_the_same_error(
    kind: str,
    label: str,
    rows: list[list[float]],
    labels: list[int],
    labelled: bool,
    missing: bool,
    flip: tuple[int, int] | None,
) -> None:
    data = bytearray(frames(kind, label, rows, labels[: len(rows)]))
    if flip is not None:
        data[flip[0] % len(data)] ^= flip[1]
    layout = Layout(label=labelled, missing=missing)
    wanted = strict(bytes(data), layout)
    assert outcome(bytes(data), layout, whole=True) == wanted
    assert outcome(bytes(data), layout, whole=False) == wanted


def test_records_as_arrays_are_written_take_the_fast_road() -> None:
    values = np.random.default_rng(1).normal(size=(3000, 7)).astype(np.float32)
    labels = np.arange(3000) % 3
    data = frames("float32_tensor", "float32_tensor", values.tolist(), labels.tolist())
    with mock.patch.object(recordio_protobuf, "_blocks", side_effect=lambda *_: iter(())):
        (block,) = recordio_protobuf.read(io.BytesIO(data), Layout(label=True), {}, "x")
    np.testing.assert_array_equal(block.features, values)
    np.testing.assert_array_equal(block.labels, labels)


def test_blocks_of_a_long_file_end_where_records_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordio_protobuf, "BLOCK_BYTES", 1000)
    values = np.random.default_rng(1).normal(size=(200, 7)).astype(np.float32)
    data = frames("float32_tensor", "", values.tolist(), [0] * 200)
    blocks = list(recordio_protobuf.read(io.BytesIO(data), Layout(), {}, "x"))
    assert len(blocks) > 10
    np.testing.assert_array_equal(np.concatenate([block.features for block in blocks]), values)


def test_a_bad_record_deep_in_a_file_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordio_protobuf, "BLOCK_BYTES", 1000)
    data = frames("float32_tensor", "", [[1.0, 2.0]] * 150, [0] * 150)
    with pytest.raises(UserError, match="x, record 151: the record is cut short"):
        _read(data + data[:20])
    with pytest.raises(UserError, match="x, record 151: the record begins with"):
        _read(data + struct.pack("<II", 1, 2))
    with pytest.raises(UserError, match="x, record 151, column 2: the value is missing"):
        _read(data + frames("float32_tensor", "", [[1.0, float("nan")]], [0]), missing=False)


def test_other_fields_of_a_record_are_left_to_the_strict_road() -> None:
    record = message()()
    record.features[KEY].float32_tensor.values.extend([1.0, 2.0])
    assert recordio_dense.shape_of(record) is not None
    record.features["other"].float32_tensor.values.append(1.0)
    assert recordio_dense.shape_of(record) is None


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("width", [1, 2, 30])
def test_numbers_lie_where_native_libraries_read_them(rows: int, width: int) -> None:
    data = frames("float32_tensor", "float32_tensor", [[1.0] * width] * rows, [1.0] * rows)
    for layout in (Layout(width=width), Layout(width=width, label=True)):
        found = recordio_protobuf.decode(data, layout, {}, "x")
        assert isinstance(found.features, np.ndarray)
        assert found.features.flags.aligned
        assert found.labels is None or found.labels.flags.aligned


def _read(data: bytes, *, missing: bool = True) -> Dataset:
    return gather.concatenate(recordio_protobuf.read(io.BytesIO(data), Layout(missing=missing), {}, "x"), "x")
