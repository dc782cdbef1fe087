"""Training containers that are stopped, or that the kernel kills: what PID 1 makes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container

from contract import artifact

Run = Callable[..., Any]
Start = Callable[..., Container]
pytestmark = pytest.mark.engine


def set_rounds(ml: Path, rounds: int) -> None:
    path = ml / "input/config/hyperparameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_round": str(rounds)}))


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
    set_rounds(ml, 1_000_000)
    (ml / "input/config/checkpointconfig.json").write_text('{"LocalPath": "/opt/ml/checkpoints"}')
    container = start(reference, "train", volumes=[f"{ml}:/opt/ml"])
    deadline = time.monotonic() + 60
    while not list((ml / "checkpoints").glob("xgboost-checkpoint.*")):
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.1)
    began = time.monotonic()
    container.stop(timeout=120)
    assert container.wait()["StatusCode"] == 0, container.logs().decode()
    assert time.monotonic() - began < 30
    assert artifact.verify(ml / "model", algorithm="xgboost")
