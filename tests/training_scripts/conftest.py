"""Real processes in a private folder in place of /opt/ml."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from training_scripts import logs

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = HERE / "programs"


@dataclass
class Programs:
    """Starts Python programs of ours; what is left of them at the end of the test is killed."""

    base: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str, prefix: tuple[str, ...] = (), **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*prefix, sys.executable, *arguments],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{ROOT}:{HERE}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "SAGEMAKER_BASE_DIR": str(self.base),
                "SAGEMAKER_ALGORITHM": "programs.fake",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def supervise(self, code: str, grace: float = 30, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return self.start(str(PROGRAMS / "supervise.py"), str(grace), code, prefix=prefix)

    def train(self, prefix: tuple[str, ...] = (), **environment: str) -> subprocess.Popen[str]:
        return self.start("-m", "training_scripts.train", prefix=prefix, **environment)

    @staticmethod
    def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
        process.send_signal(signal.SIGTERM)
        return Programs.finish(process)

    @staticmethod
    def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
        """(exit code, what it printed)."""
        printed, _ = process.communicate(timeout=60)
        return process.returncode, printed

    @staticmethod
    def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
        """Poll, because a process's progress shows in files only."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)

    @staticmethod
    def children(pid: int) -> list[int]:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @property
    def failure(self) -> str:
        return (self.base / "output" / "failure").read_text()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path / "ml")
    yield programs
    for process in programs.started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class TrainingJob:
    """A training job of programs/fake.py, in the folder that stands in for /opt/ml."""

    programs: Programs

    @property
    def base(self) -> Path:
        return self.programs.base

    def write(self, channel: str = "train", name: str = "part-0.csv", data: bytes = b"1,2,3\n0,5,6\n") -> None:
        path = self.base / "input" / "data" / channel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def configure(
        self, *, channels: dict[str, dict[str, str]] | None = None, checkpoints: bool = False, **hyperparameters: object
    ) -> None:
        config = self.base / "input" / "config"
        config.mkdir(parents=True, exist_ok=True)
        texts = {"rounds": "3"} | {name: str(value) for name, value in hyperparameters.items()}
        (config / "hyperparameters.json").write_text(json.dumps(texts))
        channels = {"train": {"ContentType": "text/csv"}} if channels is None else channels
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        if checkpoints:
            (config / "checkpointconfig.json").write_text('{"LocalPath": "/opt/ml/checkpoints"}')

    @property
    def model(self) -> bytes:
        return (self.base / "model" / "fake-model").read_bytes()

    @property
    def steps(self) -> list[int]:
        """Steps that have a checkpoint."""
        names = (path.name for path in (self.base / "checkpoints").glob("fake-checkpoint.*"))
        return sorted(int(name.rpartition(".")[2]) for name in names)


@pytest.fixture
def job(programs: Programs) -> TrainingJob:
    job = TrainingJob(programs)
    job.write()
    job.configure()
    return job


@pytest.fixture
def built_in_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages go to stdout in the form of the built-in algorithms, in this test alone."""
    for name in ("handlers", "propagate", "level"):
        monkeypatch.setattr(logs.LOG, name, getattr(logs.LOG, name))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    logs.configure(logs.BUILT_IN)
