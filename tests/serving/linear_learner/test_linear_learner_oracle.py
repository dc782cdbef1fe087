"""What is served for a row is what the formulas give for it in float64: every task, format and answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.dataset import Dataset
from contract.manifest import Schema
from serving import model
from serving.answers import WRITERS
from serving.settings import Settings
from tests.serving import built_ins
from tests.serving.request_bodies import ZEROS_ABSENT, csv, values_of_records

ROWS = built_ins.rows()


def sums(details: Mapping[str, Any]) -> NDArray[np.float64]:
    arrays = {name: array.astype(np.float64) for name, array in built_ins.linear_arrays(details).items()}
    return np.array([[row @ one for one in arrays["weights"]] for row in ROWS.astype(np.float64)]) + arrays["bias"]


def scores(details: Mapping[str, Any]) -> NDArray[np.float64]:
    found = sums(details)
    if details["loss"] == "logistic":
        return 1 / (1 + np.exp(-found[:, 0]))
    if details["loss"] == "softmax_loss":
        powers = np.exp(found)
        return powers / powers.sum(axis=1, keepdims=True)
    return found[:, 0]


def labels(details: Mapping[str, Any]) -> list[int] | None:
    found = scores(details)
    if details["predictor_type"] == "binary_classifier":
        return [int(score >= details["threshold"]) for score in found]
    return found.argmax(axis=1).tolist() if found.ndim == 2 else None


def read(body: bytes, accept: str, several: bool, labelled: bool) -> tuple[list[Any], list[Any] | None]:
    """Scores and labels of an answer."""
    if accept == "text/csv":
        lines = [[float(cell) for cell in line.split(b",")] for line in body.splitlines()]
        found = [line[:-1] if labelled else line for line in lines]
        return found if several else [one[0] for one in found], [line[-1] for line in lines] if labelled else None
    if accept == "application/x-recordio-protobuf":
        found = values_of_records(body, "score")
        labelled_as = [one[0] for one in values_of_records(body, "predicted_label")] if labelled else None
        return found if several else [one[0] for one in found], labelled_as
    objects = json.loads(body)["predictions"] if accept == "application/json" else map(json.loads, body.splitlines())
    objects = list(objects)
    wanted = ["score", "predicted_label"] if labelled else ["score"]
    assert all(list(one) == wanted for one in objects)
    return [one["score"] for one in objects], [one["predicted_label"] for one in objects] if labelled else None


@pytest.mark.parametrize("accept", WRITERS)
@pytest.mark.parametrize("task", built_ins.TASKS)
def test_every_task_in_every_answer(tmp_path: Path, task: str, accept: str) -> None:
    details = built_ins.TASKS[task]
    client = built_ins.client("linear_learner", built_ins.linear_learner(tmp_path, details))
    answer = client.post("/invocations", data=csv(ROWS), content_type="text/csv", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, accept)
    found, labelled = read(answer.data, accept, task == "multiclass", task != "regressor")
    np.testing.assert_allclose(np.array(found, np.float64), scores(details), rtol=2e-7)
    assert labelled == labels(details)


@pytest.mark.parametrize("name", ZEROS_ABSENT)
@pytest.mark.parametrize("task", built_ins.TASKS)
def test_every_format_singly_and_in_batches_has_the_same_bits(tmp_path: Path, task: str, name: str) -> None:
    content_type, write = ZEROS_ABSENT[name]
    client = built_ins.client("linear_learner", built_ins.linear_learner(tmp_path, built_ins.TASKS[task]))

    def ask(body: bytes, content_type: str) -> list[bytes]:
        headers = {"Accept": "application/jsonlines"}
        answer = client.post("/invocations", data=body, content_type=content_type, headers=headers)
        assert answer.status_code == 200, answer.data
        return answer.data.splitlines()

    expected = ask(csv(ROWS), "text/csv")
    assert len(expected) == len(ROWS)
    assert ask(write(ROWS), content_type) == expected
    assert [ask(write(ROWS[place : place + 1]), content_type)[0] for place in range(len(ROWS))] == expected
    many = np.concatenate([ROWS] * 100)
    assert ask(write(many), content_type) == expected * 100


@pytest.mark.parametrize("outputs", [2, 7, 8, 9, 100])
def test_probabilities_of_many_classes_do_not_know_their_neighbours(tmp_path: Path, outputs: int) -> None:
    arrays = {"weights": built_ins.floats(1, outputs, 5), "bias": built_ins.floats(2, outputs)}
    schema = Schema(5, missing_allowed=False, classes=tuple(range(outputs)))
    directory = built_ins.write(tmp_path, "linear_learner", arrays, schema, built_ins.MULTICLASS)
    loaded = model.load("linear_learner", directory, Settings())
    features = built_ins.floats(3, 700, 5)
    several = loaded.predict(Dataset(features)).columns["score"]
    singly = [loaded.predict(Dataset(features[place : place + 1])).columns["score"] for place in range(len(features))]
    assert np.concatenate(singly).tobytes() == several.tobytes()
    assert np.abs(several.sum(axis=1) - 1).max() < 1e-6


def constant(tmp_path: Path, details: Mapping[str, Any], *bias: float) -> Any:
    """A client of a model whose sums are its bias."""
    arrays = {"weights": np.zeros((len(bias), 2), np.float32), "bias": np.array(bias, np.float32)}
    schema = Schema(2, missing_allowed=False, classes=built_ins.classes(details))
    return built_ins.client("linear_learner", built_ins.write(tmp_path, "linear_learner", arrays, schema, details))


Ask = Callable[..., bytes]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """The answer to so many rows, of a model whose sums are its bias."""

    def ask(details: Mapping[str, Any], *bias: float, rows: int = 1, accept: str = "") -> bytes:
        body = json.dumps({"instances": [{"features": [1, 2]}] * rows})
        client = constant(tmp_path, details, *bias)
        answer = client.post("/invocations", data=body, content_type="application/json", headers={"Accept": accept})
        assert answer.status_code == 200
        return bytes(answer.data)

    return ask


def test_answers_are_to_the_character_those_of_sagemakers_own_image(ask: Ask) -> None:
    assert ask(built_ins.REGRESSOR, 11.719074249267578) == b'{"predictions": [{"score": 11.719074249267578}]}'
    assert (
        ask(built_ins.BINARY, 0.0, rows=2, accept="application/json")
        == b'{"predictions": [{"score": 0.5, "predicted_label": 1}, {"score": 0.5, "predicted_label": 1}]}'
    )
    assert (
        ask(built_ins.BINARY, 0.0, rows=2, accept="application/jsonlines")
        == b'{"score": 0.5, "predicted_label": 1}\n{"score": 0.5, "predicted_label": 1}\n'
    )
    assert ask(built_ins.MULTICLASS, 0.0, 0.0, -1000.0) == (
        b'{"predictions": [{"score": [0.5, 0.5, 0.0], "predicted_label": 0}]}'
    )
    assert ask(built_ins.HINGE, -0.5) == b'{"predictions": [{"score": -0.5, "predicted_label": 1}]}'
    assert ask(built_ins.REGRESSOR, 1e-5) == b'{"predictions": [{"score": 9.999999747378752e-06}]}'


@pytest.mark.parametrize(("margin", "label"), [(-0.5000001, 0), (-0.5, 1), (3.0, 1)])
def test_a_score_at_the_threshold_is_labelled_1(ask: Ask, margin: float, label: int) -> None:
    assert json.loads(ask(built_ins.HINGE, margin))["predictions"][0]["predicted_label"] == label


def test_threshold_of_a_score_as_it_is_answered_is_met_by_that_score(ask: Ask) -> None:
    score = json.loads(ask(built_ins.BINARY, 0.7))["predictions"][0]["score"]
    for threshold, label in ((score, 1), (np.nextafter(score, 1), 0)):
        details = {**built_ins.BINARY, "threshold": float(threshold)}
        assert json.loads(ask(details, 0.7))["predictions"][0] == {"score": score, "predicted_label": label}


@pytest.mark.parametrize("sum_", [-1e30, -800.0, 800.0, 1e30])
def test_probabilities_of_extreme_sums(ask: Ask, sum_: float) -> None:
    expected = float(sum_ > 0)
    assert json.loads(ask(built_ins.BINARY, sum_))["predictions"][0]["score"] == expected
    scores = json.loads(ask(built_ins.MULTICLASS, sum_, 0.0, 0.0))["predictions"][0]["score"]
    assert scores[0] == expected


def test_a_score_that_float32_cannot_hold_is_null(tmp_path: Path) -> None:
    largest = float(np.finfo(np.float32).max)
    arrays = {"weights": np.full((1, 2), largest, np.float32), "bias": np.zeros(1, np.float32)}
    schema = Schema(2, missing_allowed=False)
    directory = built_ins.write(tmp_path, "linear_learner", arrays, schema, built_ins.REGRESSOR)
    body = f"{largest!r},{largest!r}\n"
    client = built_ins.client("linear_learner", directory)
    assert client.post("/invocations", data=body, content_type="text/csv").json == {"predictions": [{"score": None}]}
