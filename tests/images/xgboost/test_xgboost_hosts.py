"""Two hosts, each a real container with its share of the rows, train the model that one host trains."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xgboost

from local_mode.channel import Channel
from local_mode.observer import Observer
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob

pytestmark = pytest.mark.engine
HOSTS = ("algo-1", "algo-2")
HYPERPARAMETERS = {"num_round": "12", "max_depth": "4", "nthread": "1"}
"""One thread a host: these hosts share a machine, and threads that wait for each other spin."""
FEATURES = np.random.default_rng(7).integers(0, 32, (600, 3)).astype(np.float32)
"""Few values, so that every host and a host alone cut the features into the same bins."""
LABELS = FEATURES @ np.array([1, -2, 0.5], np.float32)


class Ear(Observer):
    """Keeps what each host printed."""

    def __init__(self) -> None:
        self.printed: dict[str, list[str]] = {host: [] for host in HOSTS}

    def line(self, host: str, text: str) -> None:
        self.printed[host].append(text)

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
    """`job(files, ear, hosts=2)`: the files of both channels are dealt to the hosts."""

    def job(files: int, ear: Observer, *, hosts: int = 2) -> TrainingJob:
        channels = [
            Channel(name, write(tmp_path / f"{name}-of-{hosts}", files), "text/csv", distribution="ShardedByS3Key")
            for name in ("train", "validation")
        ]
        request = Request("xgboost", tuple(channels), HYPERPARAMETERS, hosts=hosts)
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
