from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from contract.artifact import Schema
from contract.environment import TrainingEnvironment
from contract.files import write_atomically
from contract.paths import Paths
from training_scripts import output, report
from training_scripts.fitted import Fitted
from training_scripts.logs import LOG
from training_scripts.summary import Summary

ENVIRONMENT = TrainingEnvironment(
    "job", {"eta": "0.10", "sagemaker_region": "eu-west-1", "_tuning_objective_metric": "train:auc"}, {}
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    paths.model.mkdir()
    paths.output_data.mkdir(parents=True)
    return paths


def fitted(summary: Summary | None = None) -> Fitted:
    return Fitted(
        lambda folder: write_atomically(folder / "model", b"m"),
        Schema(2),
        {"train-auc": 0.8, "odd": float("nan")},
        summary=summary,
    )


def test_manifest_keeps_the_users_own_strings(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(output.IMAGE, raising=False)
    output.save(fitted(), "fake", ENVIRONMENT, paths)
    manifest = json.loads((paths.model / "model.json").read_text())
    assert manifest["hyperparameters"] == {"eta": "0.10"}
    assert manifest["metrics"] == {"train-auc": 0.8, "odd": None}
    assert manifest["image"] == ""
    assert list(manifest["files"]) == ["model"]
    assert not list(paths.output_data.iterdir())


def test_report_stands_in_output_data(paths: Paths) -> None:
    output.save(fitted(Summary("Fake")), "fake", ENVIRONMENT, paths)
    assert {path.name for path in paths.output_data.iterdir()} == {"report.html", "metrics.json"}


def test_a_good_model_outlives_its_report(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(report, "write", fail)
    monkeypatch.setattr(LOG, "propagate", True)
    output.save(fitted(Summary("Fake")), "fake", ENVIRONMENT, paths)
    assert (paths.model / "model.json").exists()
    assert [record.levelno for record in caplog.records if "report" in record.message] == [logging.WARNING]
