"""Training containers that are stopped, that are killed, or whose disk is full: what they leave, and how they go on."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from docker.models.containers import Container

from contract import artifact

Run = Callable[..., Any]
Start = Callable[..., Container]
pytestmark = pytest.mark.engine
SAMPLED = {"subsample": "0.7", "colsample_bynode": "0.7", "max_depth": "6", "checkpoint_rounds": "20", "nthread": "1"}
LIST_WHAT_IS_LEFT = "train; code=$?; ls -A /opt/ml/model > /opt/ml/output/data/left; exit $code"


def give(ml: Path, **hyperparameters: str) -> None:
    path = ml / "input/config/hyperparameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | hyperparameters))


def checkpoint(ml: Path) -> None:
    (ml / "input/config/checkpointconfig.json").write_text('{"LocalPath": "/opt/ml/checkpoints"}')


def steps(ml: Path) -> set[str]:
    """The rounds that have a checkpoint."""
    return {path.suffix[1:] for path in (ml / "checkpoints").glob("xgboost-checkpoint.*")}


def predictions(ml: Path) -> bytes:
    booster = xgboost.Booster(model_file=bytearray((ml / "model" / "xgboost-model").read_bytes()))
    rows = np.random.default_rng(7).random((1000, 3), np.float32)
    return bytes(booster.predict(xgboost.DMatrix(rows)).tobytes())


def test_out_of_memory_is_137_with_a_reason(reference: str, ml: Path, run: Run) -> None:
    rows = ml / "input/data/train/part-0.csv"
    rows.write_text(rows.read_text() * 3000)
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"], mem_limit="100m", memswap_limit="100m")
    assert done.code == 137, done.output
    assert (
        (ml / "output" / "failure")
        .read_text()
        .startswith("the training process was killed by signal 9 (SIGKILL): usually out of memory; limit 100 MB")
    )


def test_docker_stop_saves_the_model_so_far_and_exits_0(reference: str, ml: Path, start: Start) -> None:
    give(ml, num_round="1000000")
    checkpoint(ml)
    container = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
    deadline = time.monotonic() + 60
    while not steps(ml):
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.1)
    began = time.monotonic()
    container.stop(timeout=120)
    assert container.wait()["StatusCode"] == 0, container.logs().decode()
    assert time.monotonic() - began < 30
    assert artifact.verify(ml / "model", algorithm="xgboost")


def test_killed_at_any_moment_it_resumes_to_the_same_predictions(
    reference: str, ml: Path, run: Run, start: Start
) -> None:
    give(ml, **SAMPLED, num_round="1500")
    checkpoint(ml)
    done = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert done.code == 0, done.output
    unbroken = predictions(ml)
    for path in (*(ml / "checkpoints").iterdir(), *(ml / "model").iterdir()):
        path.unlink()
    moments = random.Random(7)
    for kept in (False, True, True, True):
        before, deadline = steps(ml), time.monotonic() + 30
        container = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
        while kept and steps(ml) == before:
            assert time.monotonic() < deadline, container.logs().decode()
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.1))
        container.kill()
        assert container.wait()["StatusCode"] == 137, "it ended before it was killed"
        assert not list((ml / "model").iterdir())
    last = run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    assert last.code == 0, last.output
    assert "Resuming from iteration" in last.output
    assert predictions(ml) == unbroken


def test_full_disk_ends_with_3_and_leaves_no_stump(reference: str, ml: Path, run: Run) -> None:
    give(ml, num_round="1000", max_depth="8", eta="0.01", nthread="1")
    disk = {"/opt/ml/model": "size=1m"}
    done = run(reference, "-c", LIST_WHAT_IS_LEFT, entrypoint="sh", volumes=[f"{ml}:/opt/ml"], tmpfs=disk)
    assert done.code == 3, done.output
    failure = (ml / "output" / "failure").read_text()
    assert failure.startswith("cannot write /opt/ml/model/xgboost-model: No space left on device after 1048576 bytes")
    assert (ml / "output" / "data" / "left").read_text() == ""
