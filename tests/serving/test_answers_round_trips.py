"""What an answer says is read back, bit for bit, as the same float32: by others, and by the next container's codecs."""

from __future__ import annotations

import io
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from contract.codecs import csv, recordio_protobuf
from contract.dataset import Floats, Layout
from serving.answers import Table, encode, encode_batch, encode_blocks
from serving.manners import Style

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
cells = st.one_of(finite, st.just(float("nan")))
columns = hn.arrays(np.float32, hn.array_shapes(min_dims=1, max_dims=2, max_side=6), elements=cells)
QUICK = settings(deadline=None, max_examples=100)


def nulls_are_nan(values: object) -> object:
    return [nulls_are_nan(one) for one in values] if isinstance(values, list) else np.nan if values is None else values


def check(found: object, column: Floats) -> None:
    np.testing.assert_array_equal(np.array(nulls_are_nan(found), np.float64).astype(np.float32), column)


@given(columns)
@QUICK
def test_csv_is_a_request_to_the_next_container(column: Floats) -> None:
    rows = column.reshape(len(column), -1)
    body = encode(Table({"score": column}, len(column)), "text/csv")
    found = csv.decode(body, Layout(width=rows.shape[1]), {"charset": "utf-8"}, "body")
    np.testing.assert_array_equal(found.features, rows)


@given(columns, columns)
@QUICK
def test_json(score: Floats, other: Floats) -> None:
    rows = min(len(score), len(other))
    table = Table({"score": score[:rows], "other": other[:rows]}, rows)
    found = json.loads(encode(table, "application/json"))["predictions"]
    lines = [json.loads(line) for line in encode(table, "application/jsonlines").splitlines()]
    assert found == lines
    check([one["score"] for one in found], score[:rows])
    check([one["other"] for one in found], other[:rows])


@given(columns)
@QUICK
def test_batch_is_a_json_value_a_line(column: Floats) -> None:
    lines = encode_batch(Table({"score": column}, len(column))).splitlines()
    check([json.loads(line) for line in lines], column)


@given(columns)
@QUICK
def test_recordio(column: Floats) -> None:
    body = encode(Table({"score": column}, len(column)), "application/x-recordio-protobuf")
    records = recordio_protobuf.records(io.BytesIO(body), "answer")
    rows = [list(record.label["score"].float32_tensor.values) for record in records]
    np.testing.assert_array_equal(np.array(rows, np.float32), column.reshape(len(column), -1))


numbers = st.floats(width=32, allow_nan=False)
spaced_columns = hn.arrays(np.float32, hn.array_shapes(min_dims=1, max_dims=2, max_side=6), elements=numbers)
SPACED = Style("projections", spaced=True)


def plain(values: object) -> object:
    """JSON has no infinity."""
    if isinstance(values, list):
        return [plain(one) for one in values]
    return values if np.isfinite(values) else None  # type: ignore[call-overload]


@given(spaced_columns, st.booleans())
@QUICK
def test_spaced_json_is_what_python_writes(column: Floats, labelled: bool) -> None:
    labels = np.arange(len(column)) - 1
    table = Table({"a": column} | ({"label": labels} if labelled else {}), len(column))
    objects = [
        {"a": value} | ({"label": label} if labelled else {})
        for value, label in zip(plain(column.tolist()), labels.tolist(), strict=True)  # type: ignore[call-overload]
    ]
    assert encode(table, "application/json", SPACED).decode() == json.dumps({"projections": objects})
    lines = encode(table, "application/jsonlines", SPACED).decode()
    assert lines == "".join(json.dumps(one) + "\n" for one in objects)
    halves = [Table({name: part[rows] for name, part in table.columns.items()}, 1) for rows in (slice(1), slice(1, 2))]
    if len(column) == 2:
        assert b"".join(encode_blocks(halves, "application/json", SPACED)) == encode(table, "application/json", SPACED)


@given(spaced_columns)
@QUICK
def test_style_is_for_json_alone(column: Floats) -> None:
    table = Table({"a": column, "label": np.arange(len(column))}, len(column))
    for name in ("text/csv", "application/x-recordio-protobuf"):
        assert encode(table, name, SPACED) == encode(table, name)
