"""PCA's models: our own artifact, and that of SageMaker's own image.

The components stand in ascending order: the last column of `v`, and the last value of a projection, is the strongest.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from contract import artifact, ndarrays
from contract.dataset import Dataset, Floats
from contract.manifest import Schema
from serving import built_in, model, tensors
from serving.answers import Table
from serving.linear import Linear, rounded
from serving.manners import BUILT_IN, Manners, Style
from serving.settings import Settings

MANNERS = Manners(formats=BUILT_IN, style=Style("projections", spaced=True), absent=0.0)
_AXES = {"s": 1, "v": 2, "mean": 2}


@dataclass(frozen=True)
class PCA:
    """A Model (serving.model)."""

    linear: Linear
    schema: Schema
    exclusive: bool = False
    manners: ClassVar[Manners] = MANNERS

    def set_threads(self, count: int) -> None:
        """Nothing here computes in threads of its own."""

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        sums = self.linear.sums(model.features(dataset, self.schema))
        return Table({"projection": rounded(sums)}, dataset.rows)


def load(directory: Path, settings: Settings) -> PCA:
    """Verify and load a model directory. Raises UserError of one line where it holds no model that can be served."""
    manifest = artifact.verify(directory, algorithm="pca")
    if manifest is None:
        content = built_in.read(directory, ndarrays.HEADER, "an MXNet NDArray file")
        found = tensors.check(
            ndarrays.read(content, f"model, {built_in.FILE}"), _AXES, built_in.FILE, optional=("mean",)
        )
        return _model(found, Schema(len(found["v"]), missing_allowed=False))
    found = tensors.read(directory, manifest, _AXES, optional=("mean",))
    if (subtracted := manifest.details.get("subtract_mean")) is not ("mean" in found):
        there = "a" if "mean" in found else "no"
        raise model.bad(f"model.json has subtract_mean {subtracted!r}, and {tensors.FILE!r} holds {there} mean")
    return _model(found, manifest.features)


def _model(found: dict[str, Floats], schema: Schema) -> PCA:
    """(x - mean) v is x v - mean v: so zeros of sparse rows cost nothing."""
    v, s = found["v"], found["s"]
    width, components = v.shape
    if s.shape != (components,):
        raise model.bad(f"'s' has the shape {s.shape}; expected {(components,)}, one value for each column of 'v'")
    mean = found.get("mean", np.zeros((1, width), np.float32))
    if mean.shape != (1, width):
        raise model.bad(f"'mean' has the shape {mean.shape}; expected {(1, width)}, one value for each row of 'v'")
    model.check_schema(schema, width)
    weights = np.ascontiguousarray(v.T)
    return PCA(Linear(weights, -Linear(weights, np.zeros(components)).sums(mean)[0]), schema)
