from __future__ import annotations

import pytest

from contract.errors import AlgorithmError
from training_scripts.algorithm import VARIABLE, Algorithm


def test_short_name_is_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "xgboost")
    algorithm = Algorithm.of_environment()
    assert algorithm.name == "xgboost"
    assert algorithm.hyperparameters.__module__ == "training_scripts.xgboost.hyperparameters"


def test_image_that_names_none_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(AlgorithmError, match="SAGEMAKER_ALGORITHM is not set"):
        Algorithm.of_environment()
