"""Jobs of Linear Learner fitted in this process, and rows made for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load

from tests.training_scripts.bench import Bench, KilledError
from training_scripts import linear_learner as algorithm
from training_scripts.fitted import Fitted

Rows = NDArray[np.float64]
_SMALL = {"mini_batch_size": "50", "epochs": "6", "num_models": "3"}
REGRESSOR = _SMALL | {"predictor_type": "regressor"}
BINARY = _SMALL | {"predictor_type": "binary_classifier"}
CLASSES = _SMALL | {"predictor_type": "multiclass_classifier", "num_classes": "3"}
"""Small jobs of each task."""


@pytest.fixture
def killed() -> type[Exception]:
    return KilledError


class LinearBench(Bench):
    """Jobs of Linear Learner."""

    def rows(self, channel: str, rows: Rows, **config: str) -> None:
        """Put rows, label first, as csv."""
        self.put(channel, text_of(rows), **config)

    def forget(self) -> None:
        """Start with no channels again."""
        shutil.rmtree(self.base)

    def weights(self, fitted: Fitted) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(weights, bias) of the saved model."""
        arrays = load(self.saved(fitted, "model.safetensors"))
        return arrays["weights"], arrays["bias"]

    def margins(self, fitted: Fitted, rows: Rows) -> NDArray[np.float64]:
        """(rows, outputs) of what the saved model says of rows that have their label first."""
        weights, bias = self.weights(fitted)
        return rows[:, 1:] @ weights.T.astype(np.float64) + bias


@pytest.fixture
def bench(tmp_path: Path) -> LinearBench:
    return LinearBench(tmp_path / "ml", algorithm)


def text_of(rows: Rows) -> str:
    return "\n".join(",".join(f"{cell:.9g}" for cell in row) for row in rows) + "\n"


@pytest.fixture
def numbers() -> Callable[..., Rows]:
    """Rows of a regression: label = 2 a - b / 10 + 30, and noise; features of several sizes."""

    def make(count: int = 400, seed: int = 0, noise: float = 0.5) -> Rows:
        drawn = np.random.default_rng(seed)
        features = drawn.normal(size=(count, 3)) * [1, 10, 100] + [0, 5, 1000]
        label = 2 * features[:, 0] - features[:, 1] / 10 + 30 + noise * drawn.normal(size=count)
        return np.column_stack([label, features])

    return make


@pytest.fixture
def two() -> Callable[..., Rows]:
    """Rows of two classes, of which about a share of `rare` is 1."""

    def make(count: int = 600, seed: int = 0, shift: float = 0.0) -> Rows:
        drawn = np.random.default_rng(seed)
        features = drawn.normal(size=(count, 4)) * [1, 10, 1, 1] + [0, 5, 0, 0]
        margin = 2 * features[:, 0] + (features[:, 1] - 5) / 10 + shift
        label = drawn.uniform(size=count) < 1 / (1 + np.exp(-margin))
        return np.column_stack([label, features])

    return make


@pytest.fixture
def three() -> Callable[..., Rows]:
    """Rows of three classes, around three places."""

    def make(count: int = 600, seed: int = 0) -> Rows:
        drawn = np.random.default_rng(seed)
        label = drawn.integers(0, 3, count)
        places = np.array([[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0]])
        return np.column_stack([label, places[label] + drawn.normal(size=(count, 2))])

    return make
