"""Whole jobs, as the container runs them: exit codes, what they leave, what they print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract import artifact
from tests.training_scripts.linear_learner.conftest import text_of

if TYPE_CHECKING:
    from conftest import Programs

GIVEN = {"predictor_type": "regressor", "mini_batch_size": "50", "epochs": "3", "num_models": "2"}


@pytest.fixture
def lay(programs: Programs, numbers):
    """Write a job's input with `given` hyperparameters; its folder."""

    def begin(given: dict[str, str], rows: str = "") -> Path:
        base = programs.base
        for folder in (base / "input" / "config", base / "input" / "data" / "train"):
            folder.mkdir(parents=True)
        (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(given))
        (base / "input" / "config" / "inputdataconfig.json").write_text('{"train": {"ContentType": "text/csv"}}')
        (base / "input" / "data" / "train" / "part-0.csv").write_text(rows or text_of(numbers()))
        return base

    return begin


def train(programs: Programs) -> tuple[int, str]:
    return programs.finish(programs.train(SAGEMAKER_ALGORITHM="linear_learner"))


def test_a_good_job(programs, lay):
    base = lay(GIVEN)
    code, printed = train(programs)
    assert code == 0, printed
    manifest = artifact.verify(base / "model", algorithm="linear_learner")
    assert manifest is not None
    assert manifest.metrics["train-mse"] > 0
    assert not (base / "output" / "failure").exists()
    assert (base / "output" / "data" / "report.html").exists()
    prefix = re.compile(r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] ")
    others = [line for line in printed.splitlines() if not prefix.match(line)]
    assert others
    assert all(line.startswith("#metrics {") for line in others)


@pytest.mark.parametrize(
    ("given", "rows", "failure"),
    [
        ({"mini_batch_siz": "5"}, "", "hyperparameter 'mini_batch_siz' is unknown; did you mean 'mini_batch_size'?"),
        ({}, "1,2,3\n1,x,3\n", "Unable to parse csv: rows 1-1000, file "),
        ({"mini_batch_size": "1000"}, "", "No training data processed. Either the training channel is empty"),
    ],
)
def test_a_bad_job_says_why_and_ends_with_1(programs, lay, given, rows, failure):
    base = lay(GIVEN | given, rows)
    code, printed = train(programs)
    assert code == 1, printed
    assert (base / "output" / "failure").read_text().startswith(failure)
    assert "Traceback" not in printed
    assert not any((base / "model").glob("*"))


def test_sigterm_ends_the_epoch_and_the_model_is_saved(programs, lay):
    base = lay(GIVEN | {"optimizer": "adam", "epochs": "1000000", "early_stopping_patience": "1000000"})
    (base / "input" / "config" / "checkpointconfig.json").write_text("{}")
    process = programs.train(SAGEMAKER_ALGORITHM="linear_learner")
    programs.wait_until(lambda: any((base / "checkpoints").glob("linear_learner-checkpoint.*")), seconds=60)
    code, printed = programs.stop(process)
    assert code == 0, printed
    assert "Told to stop" in printed
    assert artifact.verify(base / "model", algorithm="linear_learner") is not None


def test_sigterm_within_a_long_epoch_leaves_a_model_and_no_checkpoint_of_it(programs, lay, numbers):
    given = {"optimizer": "adam", "epochs": "1", "mini_batch_size": "1", "num_models": "1"}
    base = lay(GIVEN | given, text_of(numbers(1000)) * 400)
    (base / "input" / "config" / "checkpointconfig.json").write_text("{}")
    process = programs.train(SAGEMAKER_ALGORITHM="linear_learner")
    assert process.stdout is not None
    while "Optimizer: " not in process.stdout.readline():
        pass
    code, printed = programs.stop(process)
    assert code == 0, printed
    assert "Told to stop" in printed
    assert artifact.verify(base / "model", algorithm="linear_learner") is not None
    assert not list((base / "checkpoints").glob("linear_learner-checkpoint.*"))
