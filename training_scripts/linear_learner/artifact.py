"""The model in the model directory: safetensors for our own serving half, and the built-in's own form beside it.

The built-in's is a zip of MXNet files, which users take apart with `mxnet.module.Module.load` or Gluon's SymbolBlock.
Both hold weights and biases for features and labels as they are given.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.numpy import save as tensors

from contract import ndarrays
from contract.artifact import Schema
from contract.dataset import Floats
from contract.files import write_atomically
from training_scripts.linear_learner.task import Task
from training_scripts.logs import LOG

MODEL = "model.safetensors"
BUILT_IN = "model_algo-1"
"""The built-in's own name for it."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip, so that equal models are equal files."""
_OUTPUTS = {"logistic": "LogisticRegressionOutput", "softmax_loss": "SoftmaxOutput"}
"""What MXNet calls the last step of a model with this loss; without one the margin is the prediction."""
_MXNET = 10300
"""The version that the built-in's files name."""


@dataclass(frozen=True)
class Model:
    """`weights` (outputs, features) and `bias` (outputs,), float32; `threshold` is the least score of class 1."""

    task: Task
    weights: Floats
    bias: Floats
    threshold: float | None

    @property
    def details(self) -> dict[str, object]:
        """What the serving half is told."""
        return {"predictor_type": self.task.predictor_type, "loss": self.task.loss, "threshold": self.threshold}

    @property
    def schema(self) -> Schema:
        """A linear model takes no missing values."""
        classes = tuple(range(self.task.classes)) if self.task.classes else None
        return Schema(self.weights.shape[1], missing_allowed=False, classes=classes)

    def save(self, directory: Path, epoch: int) -> None:
        """Write both forms. Raises PlatformError on a full disk."""
        LOG.info("Saving model for epoch: %d", epoch)
        write_atomically(directory / MODEL, tensors({"weights": self.weights, "bias": self.bias}))
        write_atomically(directory / BUILT_IN, built_in(self))
        LOG.info('Saved checkpoint to "%s"', directory / BUILT_IN)


def built_in(model: Model) -> bytes:
    """The built-in's zip; the same bytes for the same model."""
    outputs, features = model.weights.shape
    parameters = model.details | {"num_classes": model.task.classes, "feature_dim": features, "num_label": outputs}
    files: Mapping[str, bytes] = {
        "additional-params.json": json.dumps(parameters).encode(),
        "manifest.json": json.dumps({"algorithm": "linear-learner", "symbol": "mx-mod", "epoch": 0}).encode(),
        "mx-mod-symbol.json": json.dumps(_symbol(model.task, outputs), indent=2).encode(),
        "mx-mod-0000.params": ndarrays.write({"arg:fc0_weight": model.weights, "arg:fc0_bias": model.bias}),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data)
    return content.getvalue()


def _symbol(task: Task, outputs: int) -> dict[str, object]:
    """MXNet's graph: data -> FullyConnected fc0 -> out, whose label is `out_label`."""

    def node(operation: str, name: str, *inputs: int, **attributes: str) -> dict[str, object]:
        made: dict[str, object] = {"op": operation, "name": name, "inputs": [[place, 0, 0] for place in inputs]}
        return made | {"attrs": attributes} if attributes else made

    last = _OUTPUTS.get(task.loss, "LinearRegressionOutput")
    nodes = [
        node("null", "data"),
        node("null", "fc0_weight"),
        node("null", "fc0_bias"),
        node("FullyConnected", "fc0", 0, 1, 2, num_hidden=str(outputs)),
        node("null", "out_label"),
        node(last, "out", 3, 4),
    ]
    return {
        "nodes": nodes,
        "arg_nodes": [place for place, each in enumerate(nodes) if each["op"] == "null"],
        "node_row_ptr": list(range(len(nodes) + 1)),
        "heads": [[len(nodes) - 1, 0, 0]],
        "attrs": {"mxnet_version": ["int", _MXNET]},
    }
