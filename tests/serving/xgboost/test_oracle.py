"""What is served for a row is what `Booster.predict` gives for that row: every objective, format and answer."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost

from tests.serving.request_bodies import BODIES, Rows, csv, values_of_records

ANSWERS: dict[str, Callable[[bytes], Any]] = {
    "text/csv": lambda body: [line.split(",") for line in body.decode().splitlines()],
    "application/json": lambda body: [one["score"] for one in json.loads(body)["predictions"]],
    "application/jsonlines": lambda body: [json.loads(line)["score"] for line in body.splitlines()],
    "application/x-recordio-protobuf": lambda body: values_of_records(body, "score"),
}


def served(client: Any, body: bytes, content_type: str, accept: str, shape: tuple[int, ...]) -> Rows:
    answer = client.post("/invocations", data=body, content_type=content_type, headers={"Accept": accept})
    assert answer.status_code == 200, answer.data
    assert answer.mimetype == accept
    return np.array(ANSWERS[accept](answer.data), dtype=np.float32).reshape(shape)


def test_every_objective_in_every_answer(
    serve: Any, trained: Callable[[str], xgboost.Booster], kind: str, rows: Rows
) -> None:
    client, expected = serve(kind), trained(kind).predict(xgboost.DMatrix(rows))
    for accept in ANSWERS:
        assert served(client, csv(rows), "text/csv", accept, expected.shape).tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("of", ["binary:logistic", "multi:softprob", "gblinear", "dart"])
def test_every_format_singly_and_in_batches(
    serve: Any, trained: Callable[[str], xgboost.Booster], of: str, name: str, rows: Rows
) -> None:
    content_type, write = BODIES[name]
    client, expected = serve(of), trained(of).predict(xgboost.DMatrix(rows))
    whole = served(client, write(rows), content_type, "application/json", expected.shape)
    assert whole.tobytes() == expected.tobytes()
    for place in range(len(rows)):
        one = served(
            client, write(rows[place : place + 1]), content_type, "text/csv", expected[place : place + 1].shape
        )
        assert one.tobytes() == expected[place : place + 1].tobytes()


@pytest.mark.parametrize("of", ["reg:squarederror", "multi:softprob"])
@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_contributions_on_request(serve: Any, trained: Any, of: str, accept: str, rows: Rows) -> None:
    expected = trained(of).predict(xgboost.DMatrix(rows), pred_contribs=True)
    headers = {"Accept": accept, "X-Amzn-SageMaker-Custom-Attributes": "trace=7, explain=shap"}
    answer = serve(of).post("/invocations", data=csv(rows), content_type="text/csv", headers=headers)
    if accept == "text/csv":
        values = np.loadtxt(io.BytesIO(answer.data), delimiter=",", dtype=np.float32)
        found = values[:, -expected[0].size :].reshape(expected.shape)
    else:
        found = np.array([one["contributions"] for one in answer.json["predictions"]], np.float32)
    assert found.tobytes() == expected.tobytes()
