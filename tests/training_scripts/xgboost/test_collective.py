"""Two hosts, each a real process with a folder of its own; their names are two that resolve everywhere."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xgboost

if TYPE_CHECKING:
    from conftest import Programs

HOSTS = ("127.0.0.1", "localhost")
GIVEN = {"num_round": "5", "seed": "1", "subsample": "0.8", "nthread": "1", "eval_metric": "rmse,r2"}
PROGRAM = """
import sys
from training_scripts import collective, job, watch
collective.PORT = int(sys.argv[1])
watch.PATIENCE_SECONDS = 2
job.leave(job.main())
"""


@pytest.fixture
def port() -> int:
    """A port that is free, and whose successor is."""
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1])


@pytest.fixture
def start(programs: Programs, port: int) -> Callable:
    """Start the two hosts with a share of rows each ("" for none); the processes, by host."""

    def begin(shares: tuple[str, str], given: dict[str, str] = GIVEN) -> list:
        processes = []
        for host, rows in zip(HOSTS, shares, strict=True):
            base = _lay(programs.base / host, host, rows, given)
            environment = {
                "SAGEMAKER_BASE_DIR": str(base),
                "SAGEMAKER_ALGORITHM": "xgboost",
                "PYTHONWARNINGS": "ignore",
            }
            processes.append(programs.start("-c", PROGRAM, str(port), **environment))
        return processes

    return begin


def _lay(base: Path, host: str, rows: str, given: dict[str, str]) -> Path:
    config, channel = base / "input" / "config", base / "input" / "data" / "train"
    config.mkdir(parents=True)
    channel.mkdir(parents=True)
    if rows:
        (channel / f"{host}.csv").write_text(rows)
    files = {
        "hyperparameters": given,
        "inputdataconfig": {"train": {"ContentType": "text/csv", "S3DistributionType": "ShardedByS3Key"}},
        "resourceconfig": {"hosts": list(HOSTS), "current_host": host},
        "checkpointconfig": {},
    }
    for name, value in files.items():
        (config / f"{name}.json").write_text(json.dumps(value))
    return base


def _halves(text: str) -> tuple[str, str]:
    rows = text.splitlines(keepends=True)
    return "".join(rows[: len(rows) // 2]), "".join(rows[len(rows) // 2 :])


def test_two_hosts_train_one_model_and_the_leader_writes_it(programs, start, abalone, matrix):
    ended = [programs.finish(process) for process in start(_halves(abalone.train))]
    assert [code for code, _ in ended] == [0, 0], ended
    (_, leader), (_, other) = ended
    assert "Train matrix has 500 rows and 8 columns" in other
    assert "[4]\ttrain-rmse:" in leader
    assert "train-rmse:" not in other
    assert not any((programs.base / HOSTS[1] / "model").iterdir())
    assert not any((programs.base / HOSTS[1] / "checkpoints").iterdir())
    booster = xgboost.Booster(model_file=bytearray((programs.base / HOSTS[0] / "model" / "xgboost-model").read_bytes()))
    features, labels = matrix(abalone.train)
    error = booster.predict(xgboost.DMatrix(features)) - labels
    line = next(line for line in leader.splitlines() if line.startswith("[4]"))
    values = dict(cell.rsplit(":", 1) for cell in line.split("\t")[1:])
    assert float(values["train-rmse"]) == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-4)
    assert float(values["train-r2"]) == pytest.approx(1 - np.mean(error**2) / labels.var(), abs=1e-4)


@pytest.mark.parametrize("empty", [0, 1])
def test_a_host_without_data_is_left_out(programs, start, abalone, empty):
    shares = ("", abalone.train) if empty == 0 else (abalone.train, "")
    ended = [programs.finish(process) for process in start(shares)]
    assert [code for code, _ in ended] == [0, 0], ended
    assert f"Host {HOSTS[empty]} has no data for every channel: it is left out of the training" in ended[empty][1]
    assert (programs.base / HOSTS[1 - empty] / "model" / "xgboost-model").exists()
    assert not any((programs.base / HOSTS[empty] / "model").iterdir())


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_on_one_host_ends_all_and_each_says_its_own_without_a_trace(programs, start, abalone, bad):
    shares = list(_halves(abalone.train))
    shares[bad] += "x,1,2,3,4,5,6,7,8\n"
    ended = [programs.finish(process) for process in start(tuple(shares))]
    assert [code for code, _ in ended] == ([1, 3] if bad == 0 else [3, 1]), ended
    failures = [(programs.base / host / "output" / "failure").read_text() for host in HOSTS]
    assert failures[1 - bad].startswith("the hosts of the job lost each other: ")
    assert failures[bad].startswith(f"train/{HOSTS[bad]}.csv, line 501, column 1: 'x' is not a number")
    assert not [printed for _, printed in ended if "Traceback" in printed]


@pytest.mark.parametrize("lost", [0, 1])
def test_a_host_that_dies_ends_the_other(programs, start, abalone, lost):
    processes = start(_halves(abalone.train), GIVEN | {"num_round": "1000000"})
    programs.wait_until(lambda: any((programs.base / HOSTS[0] / "checkpoints").glob("xgboost-checkpoint.*")))
    processes[lost].kill()
    code, printed = programs.finish(processes[1 - lost])
    assert code == 3, printed
    failure = (programs.base / HOSTS[1 - lost] / "output" / "failure").read_text()
    assert failure.startswith("the hosts of the job lost each other: ")


def test_a_stop_of_one_host_stops_all_after_the_same_round(programs, start, abalone):
    processes = start(_halves(abalone.train), GIVEN | {"num_round": "1000000"})
    programs.wait_until(lambda: any((programs.base / HOSTS[0] / "checkpoints").glob("xgboost-checkpoint.*")))
    code, printed = programs.stop(processes[1])
    assert code == 0, printed
    code, printed = programs.finish(processes[0])
    assert code == 0, printed
    assert (programs.base / HOSTS[0] / "model" / "xgboost-model").exists()
