from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from serving import logs, schema, service
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings


@pytest.fixture(autouse=True)
def _own_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's handler would outlive the test, and the stream that pytest lends it."""
    monkeypatch.setattr(logs, "start", lambda: None)


def test_document_is_that_of_the_endpoint(
    directory: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    directory("binary:logistic").rename(tmp_path.parent / "held")
    tmp_path.mkdir()
    (tmp_path.parent / "held").rename(tmp_path / "model")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("SAGEMAKER_ALGORITHM", "xgboost")
    assert schema.main() == 0
    document = json.loads(capsys.readouterr().out)
    settings = Settings.of_environment()
    endpoint = Endpoint(settings, service.load("xgboost", tmp_path / "model", settings))
    assert document == Client(Application(endpoint)).get("/openapi.json").json


def test_no_model_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("SAGEMAKER_ALGORITHM", "xgboost")
    assert schema.main() == 1
    assert capsys.readouterr().err.startswith("schema: model: there is no model directory")
