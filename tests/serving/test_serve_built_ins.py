"""Whole servers of Linear Learner and PCA: one model, several models, and what is not loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.serving import built_ins

if TYPE_CHECKING:
    from conftest import Server

ROWS = b"1,2,3,4\n0,0,-7,1\n"
MODELS: dict[str, Callable[[Path], Path]] = {
    "linear_learner": lambda directory: built_ins.linear_learner(directory, built_ins.BINARY),
    "pca": built_ins.pca,
}


def expected(algorithm: str, directory: Path) -> bytes:
    client = built_ins.client(algorithm, directory)
    return bytes(client.post("/invocations", data=ROWS, content_type="text/csv").data)


@pytest.mark.parametrize("algorithm", MODELS)
def test_one_model(tmp_path: Path, launch: Callable[..., Server], algorithm: str) -> None:
    directory = MODELS[algorithm](tmp_path / "model")
    server = launch(tmp_path, SAGEMAKER_ALGORITHM=algorithm, SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()
    assert server.ask("POST", "/invocations", ROWS) == (200, expected(algorithm, directory))
    assert server.ask("POST", "/invocations", b"1,2,3\n")[0] == 400
    large = ROWS * 5000  # it is computed beside the event loop, and answered in one chunk
    status, body = server.ask("POST", "/invocations", large)
    assert (status, body.count(b"}")) == (200, 10_001)
    document = json.loads(server.ask("GET", "/openapi.json")[1])
    assert document["paths"]["/invocations"]["post"]["description"].endswith(" by default application/json.")
    for process in (server.process.pid, *server.workers()):
        maps = Path(f"/proc/{process}/maps").read_text()
        assert not [name for name in ("xgboost", "polars", "pandas", "scipy") if f"/{name}" in maps]
    assert server.stop()[0] == 0
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "not verified" not in log


@pytest.mark.parametrize("algorithm", MODELS)
def test_several_models(tmp_path: Path, launch: Callable[..., Server], algorithm: str) -> None:
    directory = tmp_path / "models/a/model"
    directory.mkdir(parents=True)
    MODELS[algorithm](directory)
    bad = tmp_path / "models/b/model"
    bad.mkdir(parents=True)
    built_ins.bare(bad, b"no model at all")
    server = launch(
        tmp_path, SAGEMAKER_ALGORITHM=algorithm, SAGEMAKER_MULTI_MODEL="true", SAGEMAKER_MODEL_SERVER_WORKERS="1"
    ).ready()

    def load(name: str) -> tuple[int, Any]:
        asked = {"model_name": name, "url": f"/opt/ml/models/{name}/model"}
        status, body = server.ask("POST", "/models", json.dumps(asked).encode())
        return status, json.loads(body)

    assert load("a")[0] == 200
    assert server.ask("POST", "/models/a/invoke", ROWS) == (200, expected(algorithm, directory))
    status, told = load("b")
    assert status == 400
    assert "as SageMaker's own image writes it" in told["message"]
    document = json.loads(server.ask("GET", "/openapi.json")[1])
    assert document["paths"]["/invocations"]["post"]["description"].endswith(" by default application/json.")
    assert server.ask("DELETE", "/models/a")[0] == 200
    assert server.stop()[0] == 0
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("algorithm", MODELS)
def test_schema_prints_the_document(
    tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from serving import schema

    MODELS[algorithm](tmp_path / "model")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("SAGEMAKER_ALGORITHM", algorithm)
    assert schema.main() == 0
    single = json.loads(capsys.readouterr().out)
    assert "text/libsvm" not in single["paths"]["/invocations"]["post"]["requestBody"]["content"]
    monkeypatch.setenv("SAGEMAKER_MULTI_MODEL", "true")
    assert schema.main() == 0
    several = json.loads(capsys.readouterr().out)
    assert several["paths"]["/invocations"]["post"]["description"].endswith(" by default application/json.")
