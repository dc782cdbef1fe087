"""A training job in a private folder, fitted in this process; XGBoost by hand beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from tests.training_scripts.bench import Bench, KilledError
from training_scripts import xgboost as algorithm
from training_scripts.fitted import Fitted

DATA = Path(__file__).parents[2] / "data" / "xgboost"
TRAIN_ROWS = 1_000


@pytest.fixture
def killed() -> type[Exception]:
    return KilledError


class XGBoostBench(Bench):
    """Jobs of XGBoost."""

    def model(self, fitted: Fitted, name: str = "xgboost-model") -> bytes:
        return self.saved(fitted, name)

    def booster(self, fitted: Fitted, name: str = "xgboost-model") -> xgboost.Booster:
        return xgboost.Booster(model_file=bytearray(self.model(fitted, name)))


@pytest.fixture
def bench(tmp_path: Path) -> XGBoostBench:
    return XGBoostBench(tmp_path / "ml", algorithm)


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
