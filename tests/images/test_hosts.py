"""Several hosts, each a real container with its share of the rows, train one model; or fail together."""

from __future__ import annotations

import re
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xgboost
from docker import DockerClient

from local_mode.channel import Channel
from local_mode.observer import Observer
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob

pytestmark = pytest.mark.engine
HOSTS = ("algo-1", "algo-2")
HYPERPARAMETERS = {"num_round": "12", "max_depth": "4", "nthread": "1"}
"""One thread a host: these hosts share a machine, and threads that wait for each other spin."""
NEVER_DONE = HYPERPARAMETERS | {"num_round": "1000000"}
FEATURES = np.random.default_rng(7).integers(0, 32, (600, 3)).astype(np.float32)
"""Few values, so that every host and a host alone cut the features into the same bins."""
LABELS = FEATURES @ np.array([1, -2, 0.5], np.float32)


class Ear(Observer):
    """Keeps what each host printed, and calls `then` once, after a line that holds `awaited`."""

    def __init__(self, awaited: str = "", then: Callable[[], object] = lambda: None) -> None:
        self.printed: dict[str, list[str]] = {host: [] for host in HOSTS}
        self._awaited = awaited
        self._then = then

    def line(self, host: str, text: str) -> None:
        self.printed[host].append(text)
        if self._awaited and self._awaited in text:
            self._awaited = ""
            self._then()

    def rows(self, host: str, matrix: str) -> int:
        """How many rows the host said that its share of a channel holds."""
        (count,) = re.findall(rf"{matrix} matrix has (\d+) rows", "\n".join(self.printed[host]))
        return int(count)


def write(folder: Path, files: int) -> Path:
    """The rows as csv, dealt to several files."""
    folder.mkdir()
    rows = [f"{label},{','.join(map(str, row))}\n" for label, row in zip(LABELS, FEATURES, strict=True)]
    for place in range(files):
        (folder / f"part-{place}.csv").write_text("".join(rows[place::files]))
    return folder


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., TrainingJob]:
    """`job(files, ear, hosts=2, hyperparameters=...)`: the files of both channels are dealt to the hosts."""

    def job(
        files: int, ear: Observer, *, hosts: int = 2, hyperparameters: dict[str, str] = HYPERPARAMETERS
    ) -> TrainingJob:
        channels = [
            Channel(name, write(tmp_path / f"{name}-of-{hosts}", files), "text/csv", distribution="ShardedByS3Key")
            for name in ("train", "validation")
        ]
        request = Request("xgboost", tuple(channels), hyperparameters, hosts=hosts)
        return TrainingJob(request, output=tmp_path / "jobs", observer=ear)

    return job


def model(result: Result) -> xgboost.Booster:
    """What model.tar.gz holds, which must be one model and nothing more."""
    assert result.status == "Completed", result.failure_reason
    assert result.model is not None
    with tarfile.open(result.model) as tar:
        assert sorted(member.name for member in tar if member.isfile()) == ["model.json", "xgboost-model"]
        file = tar.extractfile("xgboost-model")
        assert file is not None
        return xgboost.Booster(model_file=bytearray(file.read()))


def test_two_hosts_train_one_model_on_all_rows(job: Callable[..., TrainingJob]) -> None:
    ear, alone = Ear(), Ear()
    result = job(3, ear).run()
    booster = model(result)
    for matrix in ("Train", "Validation"):
        assert [ear.rows(host, matrix) for host in HOSTS] == [400, 200]
    assert any("another host writes the model" in line for line in ear.printed["algo-2"])
    assert not any("train-rmse:" in line for line in ear.printed["algo-2"])
    assert booster.num_boosted_rounds() == 12
    assert booster.trees_to_dataframe()["Cover"][0] == len(LABELS)
    rows = xgboost.DMatrix(FEATURES)
    expected = model(job(3, alone, hosts=1).run()).predict(rows)
    assert booster.predict(rows) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    error = float(np.sqrt(np.mean((booster.predict(rows) - LABELS) ** 2)))
    assert result.metrics["validation:rmse"] == pytest.approx(error, abs=1e-4)


@pytest.mark.parametrize("lost", HOSTS)
def test_host_that_is_killed_fails_the_job_within_seconds(
    lost: str, job: Callable[..., TrainingJob], docker_client: DockerClient
) -> None:
    killed: list[float] = []

    def kill() -> None:
        killed.append(time.monotonic())
        docker_client.containers.get(f"{started.name}-{lost}").kill()

    started = job(2, Ear("[20]", kill), hyperparameters=NEVER_DONE)
    result = started.run()
    assert killed
    assert time.monotonic() - killed[0] < 10
    assert (result.status, result.model) == ("Failed", None)
    assert re.match(
        r"AlgorithmError: (killed, most often for want of memory, exit code: 137"
        r"|the hosts of the job lost each other: .*, exit code: 3)$",
        result.failure_reason,
    ), result.failure_reason


def test_host_without_data_is_left_out(job: Callable[..., TrainingJob]) -> None:
    ear = Ear()
    booster = model(job(1, ear).run())
    assert any("Host algo-2 has no data" in line for line in ear.printed["algo-2"])
    assert ear.rows("algo-1", "Train") == len(LABELS)
    assert booster.trees_to_dataframe()["Cover"][0] == len(LABELS)
