"""What is served for a row is what `Booster.predict` gives for that row: every objective, format and answer."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset, Sparse

Rows = NDArray[np.float32]


def cells(rows: Rows, empty: str) -> list[list[str]]:
    return [[empty if np.isnan(value) else repr(float(value)) for value in row] for row in rows]


def csv(rows: Rows) -> bytes:
    return "".join(",".join(row) + "\n" for row in cells(rows, "")).encode()


def libsvm(rows: Rows) -> bytes:
    lines = (" ".join(f"{n}:{value}" for n, value in enumerate(row) if value) for row in cells(rows, ""))
    return "".join(f"0 {line}\n" for line in lines).encode()


def as_json(rows: Rows) -> bytes:
    return f'{{"instances":[{",".join(instances(rows))}]}}'.encode()


def jsonlines(rows: Rows) -> bytes:
    return "".join(line + "\n" for line in instances(rows)).encode()


def instances(rows: Rows) -> list[str]:
    return [f'{{"features":[{",".join(row)}]}}' for row in cells(rows, "null")]


def npy(rows: Rows) -> bytes:
    stream = io.BytesIO()
    np.save(stream, rows)
    return stream.getvalue()


def recordio(rows: Rows) -> bytes:
    return recordio_protobuf.encode(Dataset(rows))


def recordio_sparse(rows: Rows) -> bytes:
    present = ~np.isnan(rows)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
    columns = np.nonzero(present)[1].astype(np.int32)
    return recordio_protobuf.encode(Dataset(Sparse(offsets, columns, rows[present], rows.shape[1])))


BODIES: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv": ("text/csv", csv),
    "libsvm": ("text/libsvm", libsvm),
    "json": ("application/json", as_json),
    "jsonlines": ("application/jsonlines", jsonlines),
    "npy": ("application/x-npy", npy),
    "recordio": ("application/x-recordio-protobuf", recordio),
    "recordio sparse": ("application/x-recordio-protobuf", recordio_sparse),
}


def scores_of_records(body: bytes) -> list[Any]:
    records = recordio_protobuf.records(io.BytesIO(body), "answer")
    return [list(record.label["score"].float32_tensor.values) for record in records]


ANSWERS: dict[str, Callable[[bytes], Any]] = {
    "text/csv": lambda body: [line.split(",") for line in body.decode().splitlines()],
    "application/json": lambda body: [one["score"] for one in json.loads(body)["predictions"]],
    "application/jsonlines": lambda body: [json.loads(line)["score"] for line in body.splitlines()],
    "application/x-recordio-protobuf": scores_of_records,
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
