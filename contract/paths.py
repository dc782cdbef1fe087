"""The only place that says /opt/ml.

SAGEMAKER_BASE_DIR replaces /opt/ml itself, so that the same programs run in a private folder without a container.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_BASE = "/opt/ml"
DEFAULT_SCRATCH = "/tmp"  # noqa: S108 - unnamed files alone are made there


@dataclass(frozen=True)
class Paths:
    """Where SageMaker puts input and looks for output."""

    base: Path

    @classmethod
    def of_environment(cls) -> Paths:
        return cls(Path(os.environ.get("SAGEMAKER_BASE_DIR") or DEFAULT_BASE))

    @property
    def config(self) -> Path:
        return self.base / "input" / "config"

    @property
    def hyperparameters(self) -> Path:
        return self.config / "hyperparameters.json"

    @property
    def input_data_config(self) -> Path:
        return self.config / "inputdataconfig.json"

    @property
    def resource_config(self) -> Path:
        return self.config / "resourceconfig.json"

    @property
    def checkpoint_config(self) -> Path:
        return self.config / "checkpointconfig.json"

    @property
    def data(self) -> Path:
        return self.base / "input" / "data"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def models(self) -> Path:
        """Of a multi-model endpoint: models/N/model is the directory of each that it may be told to load."""
        return self.base / "models"

    @property
    def output(self) -> Path:
        return self.base / "output"

    @property
    def output_data(self) -> Path:
        return self.output / "data"

    @property
    def failure(self) -> Path:
        return self.output / "failure"

    @property
    def checkpoints(self) -> Path:
        return self.base / "checkpoints"

    def channel(self, name: str) -> Path:
        return self.data / name

    def pipe(self, name: str, epoch: int) -> Path:
        """The FIFO that carries one epoch of a Pipe channel."""
        return self.data / f"{name}_{epoch}"


def scratch() -> Path:
    """Where temporary files may go: the container's own /tmp, or what TMPDIR names in its place."""
    return Path(os.environ.get("TMPDIR") or DEFAULT_SCRATCH)
