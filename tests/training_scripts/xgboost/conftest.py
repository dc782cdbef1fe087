"""A training job in a private folder, fitted in this process; XGBoost by hand beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from contract import hyperparameters
from contract.environment import TrainingEnvironment
from contract.paths import Paths
from training_scripts import xgboost as algorithm
from training_scripts.channels import open_channels
from training_scripts.checkpoints import Store, fingerprint
from training_scripts.fitted import Fitted
from training_scripts.job import Job
from training_scripts.xgboost.hyperparameters import Hyperparameters

DATA = Path(__file__).parents[2] / "data" / "xgboost"
TRAIN_ROWS = 1_000


class KilledError(Exception):
    """Stands for SIGKILL: the fit ends with nothing saved after it."""


@pytest.fixture
def killed() -> type[Exception]:
    return KilledError


@dataclass
class Bench:
    """Jobs in `base`, a folder in place of /opt/ml."""

    base: Path
    steps: list[int] = field(default_factory=list)
    """The rounds that the latest fit reported."""

    def put(self, channel: str, text: str, content_type: str = "text/csv", name: str = "part-0") -> None:
        """Add a file to a channel."""
        paths = Paths(self.base)
        paths.channel(channel).mkdir(parents=True, exist_ok=True)
        paths.config.mkdir(parents=True, exist_ok=True)
        (paths.channel(channel) / name).write_text(text)
        known = json.loads(paths.input_data_config.read_text()) if paths.input_data_config.exists() else {}
        paths.input_data_config.write_text(json.dumps(known | {channel: {"ContentType": content_type}}))

    def fit(
        self,
        given: Mapping[str, str],
        *,
        checkpoints: bool = False,
        kill_at: int | None = None,
        stop_at: int | None = None,
    ) -> Fitted:
        """Fit with `given` hyperparameters. `kill_at`, `stop_at`: the round at which SIGKILL or SIGTERM comes."""
        paths = Paths(self.base)
        paths.hyperparameters.write_text(json.dumps(dict(given)))
        environment = TrainingEnvironment.read(paths)
        values = hyperparameters.parse(Hyperparameters, environment.hyperparameters)
        store = None
        if checkpoints:
            store = Store(paths.checkpoints, "xgboost-checkpoint", fingerprint(hyperparameters.given(values)))
            store.prepare()
        job = Job(environment, paths, cpus=1, checkpoints=store)
        self.steps.clear()

        def line(step: int, metrics: Mapping[str, float]) -> str:
            self.steps.append(step)
            if step == kill_at:
                raise KilledError
            job.stopping = step == stop_at
            return "\t".join([f"[{step}]", *(f"{name}:{value:.5f}" for name, value in metrics.items())])

        job.line = line
        channels = open_channels(algorithm.CHANNELS, environment, paths, lambda name: algorithm.layout(values, name))
        fitted = algorithm.fit(channels["train"], channels.get("validation"), values, job)
        assert fitted is not None
        return fitted

    def model(self, fitted: Fitted, name: str = "xgboost-model") -> bytes:
        """The bytes of the saved model."""
        directory = self.base / "model"
        directory.mkdir(exist_ok=True)
        fitted.save(directory)
        return (directory / name).read_bytes()

    def booster(self, fitted: Fitted, name: str = "xgboost-model") -> xgboost.Booster:
        return xgboost.Booster(model_file=bytearray(self.model(fitted, name)))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "ml")


def lines(name: str, part: slice = slice(None), change: Callable[[float], float] | None = None) -> str:
    """Rows of a csv file of ours; `change` makes another label of each."""
    rows = (DATA / name).read_text().splitlines()[part]
    if change is not None:
        cells = (row.split(",", 1) for row in rows)
        rows = [f"{change(float(label)):g},{rest}" for label, rest in cells]
    return "\n".join(rows) + "\n"


@pytest.fixture(name="matrix")
def matrix_of() -> Callable[[str], tuple[NDArray[np.float32], NDArray[np.float32]]]:
    return matrix


def matrix(text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(features, labels) of csv text, label first."""
    cells = np.array([[float(cell) for cell in row.split(",")] for row in text.splitlines()], dtype=np.float32)
    return cells[:, 1:], cells[:, 0]


@dataclass(frozen=True)
class Abalone:
    """Rings by measures; `old` makes two classes of it: more than nine rings."""

    train: str
    validation: str


@pytest.fixture(scope="session")
def abalone() -> Abalone:
    return Abalone(lines("abalone.csv", slice(0, TRAIN_ROWS)), lines("abalone.csv", slice(TRAIN_ROWS, None)))


@pytest.fixture(scope="session")
def old() -> Abalone:
    def more_than_nine(rings: float) -> float:
        return float(rings > 9)

    return Abalone(
        lines("abalone.csv", slice(0, TRAIN_ROWS), more_than_nine),
        lines("abalone.csv", slice(TRAIN_ROWS, None), more_than_nine),
    )


@pytest.fixture(scope="session")
def iris() -> str:
    return lines("iris.csv")


@pytest.fixture(scope="session")
def mushrooms() -> str:
    return (DATA / "agaricus.libsvm").read_text()
