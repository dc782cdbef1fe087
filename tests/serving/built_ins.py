"""Models of Linear Learner and PCA, of our own making and of SageMaker's, and clients of what serves them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from werkzeug.test import Client

from contract import artifact, ndarrays
from contract.manifest import Manifest, Schema
from serving import service
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings

WIDTH = 4
Floats = NDArray[np.float32]
REGRESSOR: Mapping[str, Any] = {"predictor_type": "regressor", "loss": "squared_loss"}
BINARY: Mapping[str, Any] = {"predictor_type": "binary_classifier", "loss": "logistic", "threshold": 0.25}
HINGE: Mapping[str, Any] = {"predictor_type": "binary_classifier", "loss": "hinge_loss", "threshold": -0.5}
MULTICLASS: Mapping[str, Any] = {"predictor_type": "multiclass_classifier", "loss": "softmax_loss"}
TASKS = {"regressor": REGRESSOR, "binary": BINARY, "hinge": HINGE, "multiclass": MULTICLASS}
CENTRED: Mapping[str, Any] = {"algorithm_mode": "regular", "subtract_mean": True}


def floats(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def rows() -> Floats:
    """Some with zeros, one of nothing else."""
    features = floats(7, 9, WIDTH)
    features[1, 2] = features[4, :3] = features[5] = 0
    return features


def outputs(details: Mapping[str, Any]) -> int:
    return 3 if details["predictor_type"] == "multiclass_classifier" else 1


def classes(details: Mapping[str, Any]) -> tuple[int, ...] | None:
    return {"binary_classifier": (0, 1), "multiclass_classifier": (0, 1, 2)}.get(details["predictor_type"])


def linear_arrays(details: Mapping[str, Any], width: int = WIDTH) -> dict[str, Floats]:
    return {"weights": floats(1, outputs(details), width), "bias": floats(2, outputs(details))}


def pca_arrays(width: int = WIDTH) -> dict[str, Floats]:
    return {"s": np.sort(np.abs(floats(3, 2))), "v": floats(4, width, 2), "mean": floats(5, 1, width)}


def write(
    directory: Path, algorithm: str, arrays: Mapping[str, NDArray[Any]], schema: Schema, details: Mapping[str, Any]
) -> Path:
    """A directory of our own making."""
    directory.mkdir(exist_ok=True)
    (directory / "model.safetensors").write_bytes(save(dict(arrays)))
    return vouch(directory, algorithm, schema, details)


def vouch(directory: Path, algorithm: str, schema: Schema, details: Mapping[str, Any]) -> Path:
    """Let model.json list the files as they are."""
    made = Manifest(algorithm, "0.1.0", schema, {}, {}, {}, "", "2026-01-01T00:00:00Z", details)
    artifact.write(directory, made)
    return directory


def linear_learner(directory: Path, details: Mapping[str, Any], width: int = WIDTH) -> Path:
    schema = Schema(width, missing_allowed=False, classes=classes(details))
    return write(directory, "linear_learner", linear_arrays(details, width), schema, details)


def pca(directory: Path, width: int = WIDTH) -> Path:
    return write(directory, "pca", pca_arrays(width), Schema(width, missing_allowed=False), CENTRED)


def symbol(operation: str, **attributes: str) -> bytes:
    """A network as MXNet writes it: one layer, then `operation`."""
    nodes = [
        {"op": "null", "name": "data", "inputs": []},
        {"op": "FullyConnected", "name": "fc0", "attrs": {"num_hidden": "1"}, "inputs": [[0, 0, 0]]},
        {"op": operation, "name": "out", "attrs": attributes, "inputs": [[1, 0, 0]]},
    ]
    return json.dumps({"nodes": nodes, "heads": [[2, 0, 0]], "attrs": {"mxnet_version": ["int", 10100]}}).encode()


def network(operation: str, arrays: Mapping[str, NDArray[Any]], **more: Any) -> bytes:
    """The archive of SageMaker's own Linear Learner, of `weights` and `bias`; `more` is additional-params.json."""
    named = {f"arg:fc0_{name.removesuffix('s') if name == 'weights' else name}": one for name, one in arrays.items()}
    return archive(
        {
            "additional-params.json": json.dumps(more).encode(),
            "manifest.json": b"{}",
            "mx-mod-symbol.json": symbol(operation),
            "mx-mod-0000.params": ndarrays.write(named),
        }
    )


def archive(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return stream.getvalue()


def bare(directory: Path, content: bytes) -> Path:
    """A directory as SageMaker's own image leaves it."""
    directory.mkdir(exist_ok=True)
    (directory / "model_algo-1").write_bytes(content)
    return directory


def client(algorithm: str, directory: Path, **settings: Any) -> Client:
    """Of the application that serves this directory."""
    chosen = Settings(**settings)
    loaded = service.load(algorithm, directory, chosen)
    loaded.try_out()
    return Client(Application(Endpoint(chosen, loaded)))
