"""The loaded model, whichever algorithm made it."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Protocol, cast

from contract.dataset import Dataset
from contract.errors import UserError, show
from contract.manifest import Schema
from serving.answers import Table
from serving.settings import Settings


class Model(Protocol):
    """What an algorithm's `load` returns. Predictions may run in several threads at once unless `exclusive`."""

    schema: Schema
    exclusive: bool
    """Only one prediction at a time."""

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        """The answer for rows of the right width; `explain` adds SHAP contributions. Raises UserError for bad rows."""

    def set_threads(self, count: int) -> None:
        """Threads of the native library a prediction may use; called once in each worker, after the fork."""


class Algorithm(Protocol):
    """What a module serving.<algorithm> offers."""

    def load(self, directory: Path, settings: Settings) -> Model:
        """Verify and load a model directory. Raises UserError of one line that says what is wrong with it."""

    def prepare(self) -> None:
        """Load what all models need and what may be loaded before a fork."""


def load(algorithm: str, directory: Path, settings: Settings) -> Model:
    """The model in `directory`, by the module named after its algorithm."""
    return _find(algorithm).load(directory, settings)


def prepare(algorithm: str) -> None:
    """Load the algorithm's library, so that the processes forked from this one share it."""
    _find(algorithm).prepare()


def _find(algorithm: str) -> Algorithm:
    if not algorithm.isidentifier() or importlib.util.find_spec(f"serving.{algorithm}") is None:
        raise UserError(f"SAGEMAKER_ALGORITHM {show(algorithm)} is no algorithm that this image serves")
    return cast("Algorithm", importlib.import_module(f"serving.{algorithm}"))
