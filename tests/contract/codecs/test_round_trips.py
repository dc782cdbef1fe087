"""What a codec writes it reads, bit for bit, whole and in blocks."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from contract import codecs
from contract.codecs import gather, jsonlines, libsvm, npy, parquet, recordio_protobuf
from contract.codecs import json as json_codec
from contract.dataset import Dataset, Floats, Layout, Sparse

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
cells = st.one_of(finite, st.just(float("nan")))
matrices = hn.arrays(np.float32, hn.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=cells)
QUICK = settings(deadline=None, max_examples=60)


@st.composite
def sparse(draw: st.DrawFn) -> Sparse:
    width = draw(st.integers(1, 50))
    rows = draw(st.lists(st.sets(st.integers(0, width - 1)).map(sorted), min_size=1, max_size=6))
    columns = np.array([key for row in rows for key in row], dtype=np.int32)
    values = np.array(draw(st.lists(finite, min_size=len(columns), max_size=len(columns))), dtype=np.float32)
    return Sparse(np.cumsum([0, *map(len, rows)], dtype=np.int64), columns, values, width)


def both(codec: codecs.Codec, data: bytes, layout: Layout) -> list[Dataset]:
    blocks = gather.concatenate(codec.read(io.BytesIO(data), layout, {}, "file"), "file")
    return [codec.decode(data, layout, {}, "body"), blocks]


def check_sparse(found: Dataset, expected: Sparse) -> None:
    features = found.features
    assert isinstance(features, Sparse)
    assert features.width == expected.width
    for name in ("offsets", "columns", "values"):
        np.testing.assert_array_equal(getattr(features, name), getattr(expected, name))
        assert getattr(features, name).dtype == getattr(expected, name).dtype


@given(matrices)
@QUICK
def test_recordio_dense(matrix: Floats) -> None:
    labels = np.arange(len(matrix), dtype=np.float32)
    for found in both(recordio_protobuf, recordio_protobuf.encode(Dataset(matrix, labels)), Layout(label=True)):
        np.testing.assert_array_equal(found.features, matrix)
        np.testing.assert_array_equal(found.labels, labels)


@given(sparse())
@QUICK
def test_recordio_sparse(features: Sparse) -> None:
    for found in both(recordio_protobuf, recordio_protobuf.encode(Dataset(features)), Layout()):
        check_sparse(found, features)


@given(sparse())
@QUICK
def test_libsvm(features: Sparse) -> None:
    lines = []
    for row in range(features.shape[0]):
        part = slice(int(features.offsets[row]), int(features.offsets[row + 1]))
        pairs = zip(features.columns[part].tolist(), features.values[part].tolist(), strict=True)
        lines.append(" ".join([str(row), *(f"{key}:{value!r}" for key, value in pairs)]))
    for found in both(libsvm, "\n".join(lines).encode(), Layout(label=True, width=features.width)):
        check_sparse(found, features)
        np.testing.assert_array_equal(found.labels, np.arange(features.shape[0]))


@given(matrices)
@QUICK
def test_npy(matrix: Floats) -> None:
    for found in both(npy, npy.encode(matrix), Layout()):
        np.testing.assert_array_equal(found.features, matrix)


@given(matrices)
@QUICK
def test_json_and_json_lines(matrix: Floats) -> None:
    rows = [[None if cell != cell else cell for cell in row] for row in matrix.tolist()]
    lines = "\n".join(json.dumps({"features": row}) for row in rows).encode()
    instances = json.dumps({"instances": [{"data": {"features": {"values": row}}} for row in rows]}).encode()
    bodies = [(json_codec, json.dumps(rows).encode()), (json_codec, instances), (jsonlines, lines)]
    for codec, body in bodies:
        for found in both(codec, body, Layout()):
            np.testing.assert_array_equal(found.features, matrix)


@given(matrices)
@QUICK
def test_parquet(matrix: Floats) -> None:
    table = pa.table({f"c{place}": column for place, column in enumerate(matrix.T)})
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=2)
    for found in both(parquet, stream.getvalue(), Layout()):
        np.testing.assert_array_equal(found.features, matrix)
        assert found.names == tuple(table.column_names)


def test_answers_are_records_of_labels() -> None:
    data = recordio_protobuf.write([{"score": [0.5]}, {"score": [1.0, 2.0], "label": [1.0]}])
    records = list(recordio_protobuf.records(io.BytesIO(data), "answer"))
    labels = [{name: list(value.float32_tensor.values) for name, value in one.label.items()} for one in records]
    assert labels == [{"score": [0.5]}, {"score": [1.0, 2.0], "label": [1.0]}]


def test_libsvm_weights_and_groups() -> None:
    found = libsvm.decode(b"1:0.5 qid:1 0:1\n0:2 qid:2 3:1\n", Layout(label=True), {}, "file")
    assert found.weights is not None
    assert found.groups is not None
    assert (found.weights.tolist(), found.groups.tolist(), found.width) == ([0.5, 2], [1, 2], 4)
