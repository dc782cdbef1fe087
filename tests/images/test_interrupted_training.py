"""Training containers that are stopped or killed at any moment: what they leave, and how they go on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container

from tests.images import samples

Run = Callable[..., Any]
Start = Callable[..., Container]
pytestmark = pytest.mark.engine
KILLS = 4
PREDICT = Path(__file__).parent / "programs" / "predict.py"


@pytest.fixture
def checkpointed(ml: Path) -> Path:
    """/opt/ml of a job with a CheckpointConfig."""
    samples.checkpoint(ml)
    return ml


def steps(ml: Path) -> set[str]:
    """The rounds that have a checkpoint."""
    names = (path.name.rpartition(".") for path in (ml / "checkpoints").glob("[!.]*-checkpoint.*"))
    return {step for _, _, step in names if step.isdigit()}


def forget(ml: Path) -> None:
    """Remove what a job wrote."""
    for path in (*(ml / "checkpoints").iterdir(), *(ml / "model").iterdir()):
        path.unlink()


def await_checkpoint(container: Container, ml: Path, seconds: float = 60) -> None:
    """Wait for a checkpoint that was not there before."""
    before, deadline = steps(ml), time.monotonic() + seconds
    while steps(ml) <= before:
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.01)


def test_stopped_at_any_moment_it_exits_0_with_a_model(algorithm: str, reference: str, ml: Path, start: Start) -> None:
    """A stop that comes before the first rows are read still leaves a model."""
    for seconds in (0.0, 0.3, 0.6, 0.9):
        container = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
        time.sleep(seconds)
        began = time.monotonic()
        container.stop(timeout=60)
        assert container.wait()["StatusCode"] == 0, container.logs().decode()
        assert time.monotonic() - began < 30
        assert samples.native_files(ml / "model", algorithm)
        forget(ml)


@pytest.mark.sample("resumed", there=False)
def test_an_algorithm_whose_sample_says_so_makes_no_checkpoints(reference: str, checkpointed: Path, run: Run) -> None:
    """Else its sample lacks resumed.json, and what its checkpoints are good for is not tried."""
    done = run(reference, "train", volumes=[f"{checkpointed}:/opt/ml"])
    assert done.code == 0, done.output
    assert not steps(checkpointed)


@pytest.mark.sample("long")
def test_docker_stop_saves_the_model_so_far_and_exits_0(
    algorithm: str, reference: str, checkpointed: Path, start: Start
) -> None:
    ml = checkpointed
    samples.give(ml, **samples.changes(algorithm, "long") or {})
    container = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
    await_checkpoint(container, ml)
    container.reload()
    assert container.status == "running", container.logs().decode()
    began = time.monotonic()
    container.stop(timeout=120)
    assert container.wait()["StatusCode"] == 0, container.logs().decode()
    assert time.monotonic() - began < 30
    assert samples.native_files(ml / "model", algorithm)


@pytest.mark.sample("resumed")
def test_killed_at_any_moment_it_resumes_to_the_same_predictions(
    algorithm: str, reference: str, checkpointed: Path, run: Run, start: Start
) -> None:
    ml = checkpointed
    samples.give(ml, **samples.changes(algorithm, "resumed") or {})
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert done.code == 0, done.output
    unbroken = predictions(reference, algorithm, ml, run)
    forget(ml)
    moments = random.Random(7)
    for kill in range(KILLS):
        container = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
        if kill:  # the first one comes when it likes
            await_checkpoint(container, ml)
        time.sleep(moments.uniform(0, 0.1))
        container.kill()
        assert container.wait()["StatusCode"] == 137, "it ended before it was killed"
        assert not list((ml / "model").iterdir())
    last = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert last.code == 0, last.output
    assert "Resuming " in last.output
    assert predictions(reference, algorithm, ml, run) == unbroken


def predictions(reference: str, algorithm: str, ml: Path, run: Run) -> str:
    """What the image answers to the sample's rows with the model that it trained."""
    mounts = [
        f"{ml / 'model'}:/opt/ml/model:ro",
        f"{samples.folder(algorithm) / 'request.csv'}:/srv/request.csv:ro",
        f"{PREDICT}:/srv/predict.py:ro",
    ]
    done = run(reference, "python", "-P", "/srv/predict.py", volumes=mounts)
    assert done.code == 0, done.output
    assert done.output.count("\n") == len(samples.rows(algorithm))
    return str(done.output)
