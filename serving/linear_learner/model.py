"""Linear Learner's models: our own artifact, and that of SageMaker's own image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from contract import artifact
from contract.dataset import Dataset, Floats
from contract.errors import show
from contract.linear_tasks import BINARY, MULTICLASS
from contract.manifest import Schema
from serving import archive, built_in, model, tensors
from serving.answers import Table
from serving.linear import Linear
from serving.linear_learner import network, task
from serving.linear_learner.task import Task
from serving.manners import BUILT_IN, Manners, Style
from serving.settings import Settings

MANNERS = Manners(formats=BUILT_IN, style=Style(spaced=True), absent=0.0)


@dataclass(frozen=True)
class LinearLearner:
    """A Model (serving.model)."""

    linear: Linear
    task: Task
    schema: Schema
    exclusive: bool = False
    manners: ClassVar[Manners] = MANNERS

    def set_threads(self, count: int) -> None:
        """Nothing here computes in threads of its own."""

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        sums = self.linear.sums(model.features(dataset, self.schema))
        return Table(self.task.columns(sums), dataset.rows)


def load(directory: Path, settings: Settings) -> LinearLearner:
    """Verify and load a model directory. Raises UserError of one line where it holds no model that can be served."""
    manifest = artifact.verify(directory, algorithm="linear_learner")
    if manifest is None:
        content = built_in.read(directory, archive.START, "a zip archive")
        weights, bias, found = network.read(content)
        schema = Schema(weights.shape[1], missing_allowed=False, classes=_classes(found, len(weights)))
        return _model(weights, bias, found, schema)
    arrays = tensors.read(directory, manifest, {"weights": 2, "bias": 1})
    return _model(arrays["weights"], arrays["bias"], task.of_details(manifest.details), manifest.features)


def _model(weights: Floats, bias: Floats, found: Task, schema: Schema) -> LinearLearner:
    outputs, width = weights.shape
    if bias.shape != (outputs,):
        raise model.bad(f"the bias has the shape {bias.shape}; expected {(outputs,)}, one for each output")
    found.check(outputs)
    model.check_schema(schema, width)
    classes = _classes(found, outputs)
    if schema.classes != classes:
        raise model.bad(f"the model has the classes {show(schema.classes)}; expected {show(classes)}")
    return LinearLearner(Linear(weights, bias.astype(np.float64)), found, schema)


def _classes(found: Task, outputs: int) -> tuple[int, ...] | None:
    """The labels are the numbers of the classes, from 0."""
    if found.predictor_type == BINARY:
        return (0, 1)
    return tuple(range(outputs)) if found.predictor_type == MULTICLASS else None
