from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contract.errors import AlgorithmError
from training_scripts.algorithm import VARIABLE, Algorithm

if TYPE_CHECKING:
    from conftest import TrainingJob


def test_short_name_is_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "xgboost")
    algorithm = Algorithm.of_environment()
    assert algorithm.name == "xgboost"
    assert algorithm.hyperparameters.__module__ == "training_scripts.xgboost.hyperparameters"


def test_image_that_names_none_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(AlgorithmError, match="SAGEMAKER_ALGORITHM is not set"):
        Algorithm.of_environment()


@pytest.mark.parametrize(("hosts", "code"), [(1, 0), (2, 1)])
def test_algorithm_of_one_host_refuses_a_job_of_several(job: TrainingJob, hosts: int, code: int) -> None:
    names = [f"algo-{number + 1}" for number in range(hosts)]
    resources = {"current_host": "algo-1", "hosts": names}
    (job.base / "input" / "config" / "resourceconfig.json").write_text(json.dumps(resources))
    ended, _ = job.programs.finish(job.programs.train(SAGEMAKER_ALGORITHM="programs.alone"))
    assert ended == code
    if code:
        assert job.programs.failure == "the job has 2 hosts; alone trains on one (InstanceCount 1)"
