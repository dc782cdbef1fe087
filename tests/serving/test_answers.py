from __future__ import annotations

import json

import numpy as np
import pytest

from serving.answers import WRITERS, Table, encode, encode_batch
from serving.manners import Style

SCORES = np.array([0.1, 2.5e-20, np.float32(1) / 3], np.float32)
LISTS = np.array([[0.25, 0.75], [1, 0], [3.5e20, 1e-7]], np.float32)


def table(quoted: bool = False, **columns: np.ndarray | None) -> Table:
    return Table(columns, 3, quoted)


def test_csv_is_one_line_a_row() -> None:
    assert encode(table(score=SCORES), "text/csv") == b"0.1\n2.5e-20\n0.33333334\n"
    assert encode(table(score=LISTS), "text/csv") == b"0.25,0.75\n1.0,0.0\n3.5e+20,1e-7\n"


def test_floats_read_back_as_the_same_float32() -> None:
    random = np.random.default_rng(1).integers(0, 0x7F800000, 3000, dtype=np.uint32).view(np.float32)
    body = encode(Table({"score": random}, 3000), "text/csv")
    assert np.array(body.split(), np.float32).tobytes() == random.tobytes()


def test_quoted_lists_are_single_cells() -> None:
    assert encode(table(quoted=True, a=SCORES, b=LISTS), "text/csv").splitlines()[0] == b'0.1,"[0.25, 0.75]"'


def test_what_is_not_finite_is_null_in_json_and_named_in_csv() -> None:
    values = np.array([np.inf, np.nan, 1], np.float32)
    assert encode(table(score=values), "text/csv") == b"inf\nnan\n1.0\n"
    assert json.loads(encode(table(score=values), "application/json")) == {
        "predictions": [{"score": None}, {"score": None}, {"score": 1.0}]
    }
    lists = np.array([[np.inf, 1], [2, 3], [4, 5]], np.float32)
    assert encode(table(quoted=True, a=lists), "text/csv").splitlines() == [
        b'"[inf, 1.0]"',
        b'"[2.0, 3.0]"',
        b'"[4.0, 5.0]"',
    ]


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_json_keeps_the_shape(axes: int) -> None:
    values = np.arange(3 * 2 ** (axes - 1), dtype=np.float32).reshape((3,) + (2,) * (axes - 1))
    found = json.loads(encode(table(score=values), "application/json"))["predictions"]
    assert [one["score"] for one in found] == values.tolist()
    lines = encode(table(score=values), "application/jsonlines").splitlines()
    assert [json.loads(line)["score"] for line in lines] == values.tolist()


def test_column_that_does_not_apply() -> None:
    nothing = table(score=SCORES, label=None)
    assert encode(nothing, "text/csv").splitlines()[0] == b"0.1,"
    assert json.loads(encode(nothing, "application/jsonlines").splitlines()[0]) == {"score": 0.1, "label": None}
    assert b"label" not in encode(nothing, "application/x-recordio-protobuf")


def test_batch_lists_stand_in_brackets() -> None:
    assert encode_batch(table(score=SCORES)).splitlines()[0] == b"0.1"
    assert encode_batch(table(score=LISTS)).splitlines()[0] == b"[0.25, 0.75]"


def test_a_single_row_of_a_single_class() -> None:
    one = Table({"score": np.array([[0.5]], np.float32)}, 1)
    assert [encode(one, name) for name in list(WRITERS)[:3]] == [
        b"0.5\n",
        b'{"predictions":[{"score":[0.5]}]}',
        b'{"score":[0.5]}\n',
    ]


SPACED = Style(spaced=True)
LABELS = np.array([1, 0, 1])


def test_spaced_json_has_the_digits_of_a_float64() -> None:
    scores = np.array([11.719074249267578, 0, -1e-5], np.float32)
    assert encode(table(score=scores), "application/json", SPACED) == (
        b'{"predictions": [{"score": 11.719074249267578}, {"score": 0.0}, {"score": -9.999999747378752e-06}]}'
    )
    assert encode(table(score=LISTS, predicted_label=LABELS), "application/jsonlines", SPACED).splitlines() == [
        b'{"score": [0.25, 0.75], "predicted_label": 1}',
        b'{"score": [1.0, 0.0], "predicted_label": 0}',
        b'{"score": [3.49999989422121e+20, 1.0000000116860974e-07], "predicted_label": 1}',
    ]


def test_columns_side_by_side_are_cells_of_one_line() -> None:
    assert encode(table(score=LISTS, predicted_label=LABELS), "text/csv") == b"0.25,0.75,1\n1.0,0.0,0\n3.5e+20,1e-7,1\n"
