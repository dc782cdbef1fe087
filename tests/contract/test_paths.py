from __future__ import annotations

from pathlib import Path

import pytest

from contract.paths import Paths


def test_base_is_opt_ml_unless_the_environment_replaces_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAGEMAKER_BASE_DIR", raising=False)
    assert Paths.of_environment().model == Path("/opt/ml/model")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", "/tmp/job")
    paths = Paths.of_environment()
    assert paths.hyperparameters == Path("/tmp/job/input/config/hyperparameters.json")
    assert paths.failure == Path("/tmp/job/output/failure")


def test_pipe_of_an_epoch_stands_beside_the_channel() -> None:
    paths = Paths(Path("/opt/ml"))
    assert paths.channel("train") == Path("/opt/ml/input/data/train")
    assert paths.pipe("train", 2) == Path("/opt/ml/input/data/train_2")
