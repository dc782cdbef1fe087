"""The loaded model, whichever algorithm made it."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from contract.dataset import Dataset, Floats, Sparse
from contract.errors import UserError, show
from contract.manifest import MANIFEST_NAME, Schema
from serving.answers import Table
from serving.manners import Manners
from serving.settings import Settings

log = logging.getLogger(__name__)


class Model(Protocol):
    """What an algorithm's `load` returns. Predictions may run in several threads at once unless `exclusive`."""

    schema: Schema
    exclusive: bool
    """Only one prediction at a time."""

    @property
    def manners(self) -> Manners:
        """Its algorithm's."""

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        """The answer for rows of the right width; `explain` adds SHAP contributions. Raises UserError for bad rows."""

    def set_threads(self, count: int) -> None:
        """Threads of the native library a prediction may use; called once in each worker, after the fork."""


def features(dataset: Dataset, schema: Schema) -> Floats | Sparse:
    """The features of `dataset`, of the schema's width; sparse ones may end earlier. Raises UserError otherwise."""
    found, width = dataset.features, schema.count
    if isinstance(found, Sparse) and found.width < width:
        found = replace(found, width=width)
    if found.shape[1] != width:
        raise UserError(f"{found.shape[1]} features a row; the model takes {width}", where="row 1", code="wrong_width")
    return np.ascontiguousarray(found, np.float32) if isinstance(found, np.ndarray) else found


def check_schema(schema: Schema, width: int) -> None:
    """Raises UserError where a model of sums, which knows no missing values, has not the features of its schema."""
    if schema.count != width:
        raise bad(f"the arrays take {width} features; {MANIFEST_NAME} says {schema.count}")
    if schema.missing_allowed:
        raise bad(f"{MANIFEST_NAME} says that values may be missing; a sum of all features needs each of them")


def warn_unverified() -> None:
    log.warning("no %s beside the model: its origin and content are not verified", MANIFEST_NAME)


def bad(message: str) -> UserError:
    """The error of a model that cannot be served."""
    return UserError(message, where="model", code="bad_model")


class Algorithm(Protocol):
    """What a module serving.<algorithm> offers."""

    @property
    def MANNERS(self) -> Manners:  # noqa: N802  # a constant of the module
        """What requests to its models may hold, and how they are answered."""

    def load(self, directory: Path, settings: Settings) -> Model:
        """Verify and load a model directory. Raises UserError of one line that says what is wrong with it."""

    def prepare(self) -> object:
        """Load what all models need and what may be loaded before a fork."""


def load(algorithm: str, directory: Path, settings: Settings) -> Model:
    """The model in `directory`, by the module named after its algorithm."""
    found = _find(algorithm)
    if settings.outputs and not found.MANNERS.selectable:
        log.warning("SAGEMAKER_INFERENCE_OUTPUT is left alone: what %s answers cannot be selected", algorithm)
    return found.load(directory, settings)


def settle(algorithm: str, settings: Settings) -> Settings:
    """`settings`, with what an absent Accept means to the algorithm where the environment does not say it."""
    if settings.accept or not algorithm:
        return settings
    return replace(settings, accept=_find(algorithm).MANNERS.accept)


def prepare(algorithm: str) -> None:
    """Load the algorithm's library, so that the processes forked from this one share it."""
    _find(algorithm).prepare()


def _find(algorithm: str) -> Algorithm:
    if not algorithm.isidentifier() or importlib.util.find_spec(f"serving.{algorithm}") is None:
        raise UserError(f"SAGEMAKER_ALGORITHM {show(algorithm)} is no algorithm that this image serves")
    return cast("Algorithm", importlib.import_module(f"serving.{algorithm}"))
