"""Several hosts, each a real container with its share of the sample's rows, train one model; or fail together."""

from __future__ import annotations

import json
import re
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from local_mode.channel import Channel
from local_mode.observer import Observer
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob
from tests.images import samples

pytestmark = pytest.mark.engine
HOSTS = ("algo-1", "algo-2")
WELL_ON_ITS_WAY = 40
"""Lines of the first host's log: more than come before the rounds."""
Job = Callable[..., TrainingJob]


class Ear(Observer):
    """Keeps what each host printed, and calls `then` once, when the first host has printed WELL_ON_ITS_WAY lines."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.printed: dict[str, list[str]] = {host: [] for host in HOSTS}
        self._then = then

    def line(self, host: str, text: str) -> None:
        self.printed[host].append(text)
        if host == HOSTS[0] and len(self.printed[host]) == WELL_ON_ITS_WAY:
            self._then()


@pytest.fixture
def job(algorithm: str, specification: dict[str, Any], ml: Path, tmp_path: Path) -> Job:
    """`job(files, ear, **changes of hyperparameters)`: the rows, dealt to so many files, are dealt to two hosts."""
    if not specification["SupportsDistributedTraining"]:
        pytest.skip(f"{algorithm} trains on one host, and says so")

    def job(files: int, ear: Observer, **changes: str) -> TrainingJob:
        rows = (ml / samples.ROWS).read_text().splitlines(keepends=True)
        (tmp_path / "train").mkdir()
        for place in range(files):
            (tmp_path / "train" / f"part-{place}.csv").write_text("".join(rows[place::files]))
        content_type = json.loads((ml / samples.CHANNELS).read_text())["train"]["ContentType"]
        channel = Channel("train", tmp_path / "train", content_type, distribution="ShardedByS3Key")
        given = json.loads((ml / samples.HYPERPARAMETERS).read_text()) | changes
        return TrainingJob(Request(algorithm, (channel,), given, hosts=2), output=tmp_path / "jobs", observer=ear)

    return job


def unpacked(result: Result, folder: Path) -> Path:
    """What model.tar.gz holds."""
    assert result.status == "Completed", result.failure_reason
    assert result.model is not None
    with tarfile.open(result.model) as tar:
        tar.extractall(folder, filter="data")
    return folder


def test_two_hosts_train_one_model(algorithm: str, trained: Path, job: Job, tmp_path: Path) -> None:
    ear = Ear()
    model = unpacked(job(3, ear).run(), tmp_path / "model")
    assert samples.native_files(model, algorithm).keys() == samples.native_files(trained, algorithm).keys()
    assert samples.features(model) == samples.features(trained)
    assert any("Distributed training on 2 hosts" in line for line in ear.printed["algo-1"])
    assert any("another host writes the model" in line for line in ear.printed["algo-2"])


def test_host_without_data_is_left_out(algorithm: str, trained: Path, job: Job, tmp_path: Path) -> None:
    """The other one makes, byte for byte, the model of a job of one host."""
    ear = Ear()
    model = unpacked(job(1, ear).run(), tmp_path / "model")
    assert any("Host algo-2 has no data" in line for line in ear.printed["algo-2"])
    assert samples.native_files(model, algorithm) == samples.native_files(trained, algorithm)


@pytest.mark.sample("long")
@pytest.mark.parametrize("lost", HOSTS)
def test_host_that_is_killed_fails_the_job_within_seconds(
    algorithm: str, lost: str, job: Job, docker_client: DockerClient
) -> None:
    changes, killed = samples.changes(algorithm, "long"), []
    assert changes is not None

    def kill() -> None:
        killed.append(time.monotonic())
        docker_client.containers.get(f"{started.name}-{lost}").kill()

    started = job(2, Ear(kill), **changes)
    result = started.run()
    assert killed
    assert time.monotonic() - killed[0] < 10
    assert (result.status, result.model) == ("Failed", None)
    assert re.match(
        r"AlgorithmError: (killed, most often for want of memory, exit code: 137"
        r"|the hosts of the job lost each other: .*, exit code: 3)$",
        result.failure_reason,
    ), result.failure_reason
