"""The work of `train`: contract, channels, fit, save, report. Runs as a child of training_scripts.train."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.environment import TrainingEnvironment
from contract.paths import Paths
from training_scripts import logs, metrics
from training_scripts.checkpoints import Store


@dataclass
class Job:
    """Everything a fit may ask of its surroundings."""

    environment: TrainingEnvironment
    paths: Paths
    cpus: int
    checkpoints: Store | None = None
    """None where the job has no CheckpointConfig."""
    format: Callable[[int, Mapping[str, float]], str] = metrics.line
    """Makes a round's line of its metrics; an algorithm may replace it."""
    stopping: bool = False
    """SIGTERM was seen: end this round, checkpoint, and return what there is."""
    log: logging.Logger = field(default=logs.LOG)

    def report(self, step: int, values: Mapping[str, float]) -> bool:
        """Print a round's metrics. True: stop after this round."""
        if values:
            logs.line(self.format(step, values))
        return self.stopping
