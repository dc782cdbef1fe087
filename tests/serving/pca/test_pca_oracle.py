"""What is served for a row is (x - mean) v: every format and answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract import ndarrays
from serving.answers import WRITERS
from tests.serving import built_ins
from tests.serving.request_bodies import ZEROS_ABSENT, csv, values_of_records

ROWS = built_ins.rows()
ARRAYS = {name: array.astype(np.float64) for name, array in built_ins.pca_arrays().items()}
EXPECTED = (ROWS.astype(np.float64) - ARRAYS["mean"]) @ ARRAYS["v"]

READ: dict[str, Callable[[bytes], Any]] = {
    "text/csv": lambda body: [line.split(b",") for line in body.splitlines()],
    "application/json": lambda body: [one["projection"] for one in json.loads(body)["projections"]],
    "application/jsonlines": lambda body: [json.loads(line)["projection"] for line in body.splitlines()],
    "application/x-recordio-protobuf": lambda body: values_of_records(body, "projection"),
}


@pytest.fixture
def client(tmp_path: Path) -> Any:
    return built_ins.client("pca", built_ins.pca(tmp_path))


@pytest.mark.parametrize("accept", WRITERS)
def test_every_answer(client: Any, accept: str) -> None:
    answer = client.post("/invocations", data=csv(ROWS), content_type="text/csv", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, accept)
    found = np.array(READ[accept](answer.data), np.float64)
    np.testing.assert_allclose(found, EXPECTED, rtol=2e-7, atol=1e-7)


@pytest.mark.parametrize("name", ZEROS_ABSENT)
def test_every_format_singly_and_in_batches_has_the_same_bits(client: Any, name: str) -> None:
    content_type, write = ZEROS_ABSENT[name]

    def ask(body: bytes, content_type: str) -> list[Any]:
        answer = client.post("/invocations", data=body, content_type=content_type)
        assert answer.status_code == 200, answer.data
        projections: list[Any] = answer.json["projections"]
        return projections

    expected = ask(csv(ROWS), "text/csv")
    assert len(expected) == len(ROWS)
    assert ask(write(ROWS), content_type) == expected
    assert [ask(write(ROWS[place : place + 1]), content_type)[0] for place in range(len(ROWS))] == expected
    assert ask(write(np.concatenate([ROWS] * 100)), content_type) == expected * 100


def test_answers_are_to_the_character_those_of_sagemakers_own_image(tmp_path: Path) -> None:
    arrays = {"s": np.array([1, 2], np.float32), "v": np.eye(2, dtype=np.float32), "mean": np.array([[0.5, 1]], "f4")}
    client = built_ins.client("pca", built_ins.bare(tmp_path, ndarrays.write(arrays)))
    asked = {
        "data": '{"instances": [{"features": [1, 1]}, {"features": [0.1, 0]}]}',
        "content_type": "application/json",
    }
    answer = client.post("/invocations", **asked)
    assert answer.data == b'{"projections": [{"projection": [0.5, 0.0]}, {"projection": [-0.4000000059604645, -1.0]}]}'
    assert answer.mimetype == "application/json"
    answer = client.post("/invocations", **asked, headers={"Accept": "application/jsonlines"})
    assert answer.data == b'{"projection": [0.5, 0.0]}\n{"projection": [-0.4000000059604645, -1.0]}\n'
    answer = client.post("/invocations", **asked, headers={"Accept": "text/csv"})
    assert answer.data == b"0.5,0.0\n-0.4,-1.0\n"


def test_a_mean_far_from_the_data_costs_no_digits(tmp_path: Path) -> None:
    mean = np.array([[1e6, -1e6, 3e5]], np.float32)
    arrays = {"s": np.ones(1, np.float32), "v": built_ins.floats(1, 3, 1), "mean": mean}
    client = built_ins.client("pca", built_ins.bare(tmp_path, ndarrays.write(arrays)))
    features = mean + built_ins.floats(2, 5, 3)
    expected = (features.astype(np.float64) - mean) @ arrays["v"]
    found = client.post("/invocations", data=csv(features), content_type="text/csv").json["projections"]
    np.testing.assert_allclose([one["projection"] for one in found], expected, rtol=1e-6)
