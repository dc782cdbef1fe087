"""A script beside a model of Linear Learner or PCA: what its predict_fn gets, and what becomes of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serving import built_ins

SCRIPT = """
def predict_fn(data, model):
    scores = model.predict(data)
    assert model.width == data.shape[1]
    return {"rows": data, "scores": scores}
"""
ROWS = np.array([[1, 2, 3, 4], [0, 0, -7, 1]], np.float32)
SPARSE = '{"data": {"features": {"keys": [2, 3], "shape": [4], "values": [-7, 1]}}}'


@pytest.fixture
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    algorithm = request.param
    directory = tmp_path / "model"
    built_ins.pca(directory) if algorithm == "pca" else built_ins.linear_learner(directory, built_ins.MULTICLASS)
    (directory / "code").mkdir()
    (directory / "code" / f"with_{algorithm}.py").write_text(SCRIPT)
    return built_ins.client(algorithm, directory, user_code=True, program=f"with_{algorithm}")


@pytest.mark.parametrize(
    ("client", "algorithm", "column"),
    [("linear_learner", "linear_learner", "score"), ("pca", "pca", "projection")],
    indirect=["client"],
)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [("1,2,3,4\n0,0,-7,1\n", "text/csv"), (f'{{"features": [1, 2, 3, 4]}}\n{SPARSE}\n', "application/jsonlines")],
)
def test_scores_are_those_of_the_model_itself(
    client: Any, algorithm: str, column: str, body: str, content_type: str, tmp_path: Path
) -> None:
    """Cells that a sparse row does not name are zero, as to the model."""
    answer = client.post("/invocations", data=body, content_type=content_type)
    assert answer.status_code == 200
    assert answer.json["rows"] == ROWS.tolist()
    plain = built_ins.client(algorithm, tmp_path / "model")
    rows = plain.post("/invocations", data="1,2,3,4\n0,0,-7,1\n", content_type="text/csv").json
    (expected,) = rows.values()
    assert np.array_equal(np.float32(answer.json["scores"]), np.float32([row[column] for row in expected]))


@pytest.mark.parametrize("client", ["linear_learner", "pca"], indirect=True)
def test_missing_cells_are_refused(client: Any) -> None:
    refused = client.post("/invocations", data="1,2,,4\n", content_type="text/csv")
    assert refused.status_code == 400
    assert "missing" in refused.json["error"]["message"]
