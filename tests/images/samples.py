"""The sample of an image: what the tests that every algorithm's image inherits know of its algorithm, as files.

    tests/images/<image>/sample/
        input/config/{hyperparameters,inputdataconfig,resourceconfig}.json, input/data/<channel>/part-0.csv
                        a job of a second or two, laid out as below /opt/ml; its model has three features
        request.csv     some twenty different rows to ask about, without a label
        long.json       hyperparameters that let the job go on until it is stopped, with a checkpoint every second or so
        resumed.json    hyperparameters for a job of some seconds and at least twenty checkpoints
        README.md       where the rows come from

`long.json` and `resumed.json` are for algorithms that make checkpoints. All else is asked of the image.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from contract import artifact, manifest
from contract.dataset import Floats
from contract.manifest import MANIFEST_NAME, File, Schema

WRITTEN = ("model", "output", "output/data", "checkpoints")
HYPERPARAMETERS = "input/config/hyperparameters.json"
CHANNELS = "input/config/inputdataconfig.json"
ROWS = "input/data/train/part-0.csv"
TRAIN_AND_LIST = "train; code=$?; find /opt/ml/model -type f -printf '%s %P\\n' > /opt/ml/output/data/left; exit $code"
"""Trains, and leaves in `output/data/left` sizes and names of what then lies in /opt/ml/model, a disk of its own."""


def folder(algorithm: str) -> Path:
    return Path(__file__).parent / algorithm / "sample"


def lay_out(algorithm: str, ml: Path) -> Path:
    """A copy of the job as /opt/ml. Any user may write where a job writes."""
    if not (folder(algorithm) / HYPERPARAMETERS).is_file():
        raise FileNotFoundError(f"{folder(algorithm)} holds no sample; {__file__} says what one is")
    shutil.copytree(folder(algorithm) / "input", ml / "input")
    for name in WRITTEN:
        (ml / name).mkdir()
        (ml / name).chmod(0o777)
    return ml


def rows(algorithm: str) -> Floats:
    """The rows to ask about, (rows, 3)."""
    return np.loadtxt(folder(algorithm) / "request.csv", np.float32, delimiter=",", ndmin=2)


def request(algorithm: str) -> str:
    """The same rows as text/csv."""
    return (folder(algorithm) / "request.csv").read_text()


def features(model: Path) -> Schema:
    """The features of a trained model, by its model.json."""
    return manifest.decode((model / MANIFEST_NAME).read_bytes()).features


def changes(algorithm: str, name: str) -> dict[str, str] | None:
    """The hyperparameters of `long.json` or `resumed.json`; None where the sample has no such file."""
    path = folder(algorithm) / f"{name}.json"
    return dict(json.loads(path.read_text())) if path.exists() else None


def give(ml: Path, **hyperparameters: str) -> None:
    """Change hyperparameters of a job that was laid out."""
    path = ml / HYPERPARAMETERS
    path.write_text(json.dumps(json.loads(path.read_text()) | hyperparameters))


def checkpoint(ml: Path) -> None:
    (ml / "input/config/checkpointconfig.json").write_text('{"LocalPath": "/opt/ml/checkpoints"}')


def failure(ml: Path) -> str:
    """The failure text that a job left."""
    return (ml / "output" / "failure").read_text()


def native_files(model: Path, algorithm: str) -> dict[str, File]:
    """Name -> size and sha256 of the files of a model directory, which matches its model.json."""
    verified = artifact.verify(model, algorithm=algorithm.replace("-", "_"))
    assert verified is not None, f"{model} has no {MANIFEST_NAME}"
    return dict(verified.files)
