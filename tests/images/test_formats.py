"""A model that a container trained, served in a container in every format, predicts bit for bit as the library does."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import xgboost
from docker.models.containers import Container

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset
from serving.answers import WRITERS
from serving.predictions import REQUEST_FORMATS

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
pytestmark = pytest.mark.engine
CLASSES = 3
ROWS = np.random.default_rng(7).random((500, 3), np.float32)
"""More than are computed at once, so that both ways of a worker are taken."""


def npy(rows: Floats) -> bytes:
    stream = io.BytesIO()
    np.save(stream, rows, allow_pickle=False)
    return stream.getvalue()


SENT: dict[str, Callable[[Floats], bytes]] = {
    "text/csv": lambda rows: "".join(f"{a},{b},{c}\n" for a, b, c in rows).encode(),
    "text/libsvm": lambda rows: "".join(f"0 0:{a} 1:{b} 2:{c}\n" for a, b, c in rows).encode(),
    "application/x-recordio-protobuf": lambda rows: recordio_protobuf.encode(Dataset(rows)),
    "application/json": lambda rows: json.dumps({"instances": [{"features": row} for row in rows.tolist()]}).encode(),
    "application/jsonlines": lambda rows: "".join(
        json.dumps({"features": row}) + "\n" for row in rows.tolist()
    ).encode(),
    "application/x-npy": npy,
}
READ: dict[str, Callable[[bytes], Any]] = {
    "text/csv": lambda body: [line.split(b",") for line in body.split()],
    "application/json": lambda body: [row["score"] for row in json.loads(body)["predictions"]],
    "application/jsonlines": lambda body: [json.loads(line)["score"] for line in body.splitlines()],
    "application/x-recordio-protobuf": lambda body: [
        row.label["score"].float32_tensor.values for row in recordio_protobuf.records(io.BytesIO(body), "answer")
    ],
}


@pytest.fixture(params=["reg:squarederror", "multi:softprob"])
def objective(request: pytest.FixtureRequest, ml: Path) -> str:
    """Given to the job before it trains: one value a row, or one for each class."""
    objective = str(request.param)
    path = ml / "input/config/hyperparameters.json"
    given = json.loads(path.read_text()) | {"objective": objective, "num_round": "20", "subsample": "0.8"}
    if objective.startswith("multi:"):
        given["num_class"] = str(CLASSES)
        rows = ml / "input/data/train/part-0.csv"
        lines = [line.split(",") for line in rows.read_text().splitlines()]
        rows.write_text("".join(f"{int(float(label))},{','.join(row)}\n" for label, *row in lines))
    path.write_text(json.dumps(given))
    return objective


def test_every_format_is_tried() -> None:
    assert set(SENT) == set(REQUEST_FORMATS)
    assert set(READ) == set(WRITERS)


def test_every_format_gives_the_librarys_predictions(
    objective: str, model: Path, serve_published: Callable[..., Container], invoke: Callable[..., tuple[int, bytes]]
) -> None:
    booster = xgboost.Booster(model_file=bytearray((model / "xgboost-model").read_bytes()))
    expected = booster.predict(xgboost.DMatrix(ROWS)).reshape(len(ROWS), -1)
    assert expected.shape[1] == (CLASSES if objective.startswith("multi:") else 1)
    container = serve_published()
    wrong = []
    for content_type, encode in SENT.items():
        for accept, read in READ.items():
            for rows in (ROWS, ROWS[:1]):
                status, body = invoke(container, encode(rows), Content_Type=content_type, Accept=accept)
                assert status == 200, (content_type, accept, body)
                scores = np.array(read(body), np.float32).reshape(len(rows), -1)
                if scores.tobytes() != expected[: len(rows)].tobytes():
                    wrong.append((content_type, accept, len(rows)))
    assert wrong == []
