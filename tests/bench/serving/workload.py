"""What every server is asked: one model, bodies of 1 and 1,000 rows, and the answers that must come back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

WIDTH, TREES, DEPTH = 30, 100, 6
ROWS = (1, 1000)
_TRAINING_ROWS = 20_000


@dataclass(frozen=True)
class Form:
    """How a server wants rows and gives predictions."""

    content_type: str
    body: Callable[[bytes], bytes]
    """From csv."""
    values: Callable[[bytes], NDArray[np.float64]]
    """The predictions in an answer."""


@dataclass(frozen=True)
class Workload:
    model: Path
    csv: Mapping[int, bytes]
    """Rows -> body."""
    expected: Mapping[int, NDArray[np.float32]]
    """Rows -> predictions."""

    def check(self, rows: int, form: Form, answer: bytes) -> str | None:
        """What is wrong with an answer; None where it holds the right predictions."""
        try:
            values = form.values(answer)
        except (ValueError, KeyError, LookupError, TypeError):
            return f"answers {answer[:80]!r}"
        if values.shape != (rows,) or not np.allclose(values, self.expected[rows], rtol=1e-5):
            return f"answers other predictions for {rows} rows than Booster.predict"
        return None


def prepare(folder: Path) -> Workload:
    """Train the model and write it below `folder` as SageMaker lays it out."""
    random = np.random.default_rng(0)
    features = random.normal(size=(_TRAINING_ROWS, WIDTH)).astype(np.float32)
    labels = features[:, :3].sum(axis=1) + random.normal(size=len(features)) > 0
    parameters = {"objective": "binary:logistic", "max_depth": DEPTH}
    booster = xgboost.train(parameters, xgboost.DMatrix(features, labels), TREES)
    model = folder / "model" / "xgboost-model"
    model.parent.mkdir()
    model.write_bytes(booster.save_raw("ubj"))
    bodies = {rows: _csv(features[:rows]) for rows in ROWS}
    expected = {rows: booster.predict(xgboost.DMatrix(_grid(body))) for rows, body in bodies.items()}
    return Workload(model, bodies, expected)


def _csv(features: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.savetxt(stream, features, fmt="%.6g", delimiter=",")
    return stream.getvalue()


def _grid(csv: bytes) -> NDArray[np.float32]:
    return np.loadtxt(io.BytesIO(csv), delimiter=",", dtype=np.float32, ndmin=2)


def _cells(csv: bytes) -> list[list[float]]:
    return [[float(cell) for cell in line.split(b",")] for line in csv.splitlines()]


def _v1(csv: bytes) -> bytes:
    return json.dumps({"instances": _cells(csv)}).encode()


def _v2(csv: bytes) -> bytes:
    cells = _cells(csv)
    data = [cell for row in cells for cell in row]
    one = {"name": "features", "datatype": "FP32", "shape": [len(cells), len(cells[0])], "data": data}
    return json.dumps({"inputs": [one]}).encode()


CSV = Form("text/csv", bytes, lambda answer: np.array(answer.split(), dtype=np.float64))
TEXT = Form("text/plain", bytes, CSV.values)
WRAPPED = Form("application/json", lambda csv: json.dumps({"csv": csv.decode()}).encode(), CSV.values)
V1 = Form("application/json", _v1, lambda answer: np.array(json.loads(answer)["predictions"], dtype=np.float64))
V2 = Form("application/json", _v2, lambda answer: np.array(json.loads(answer)["outputs"][0]["data"], dtype=np.float64))
