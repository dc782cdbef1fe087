"""The state of a training between two rounds, as bytes: the model so far, and what is known of its rounds.

A line of JSON, then the model in UBJSON, then, where the best round cannot be cut out of a later model, the best one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import xgboost


@dataclass
class Progress:
    """What the rounds so far have shown. `best_model`: the model of the best round, where it must be kept apart."""

    history: dict[str, list[float]] = field(default_factory=dict)
    best_round: int | None = None
    best_score: float | None = None
    best_model: bytes = b""

    def add(self, values: dict[str, float]) -> None:
        """Append one round's metrics."""
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)


@dataclass(frozen=True)
class Checkpoint:
    """`rounds` rounds are in `model` (UBJSON)."""

    rounds: int
    model: bytes
    progress: Progress


def encode(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint; every number survives exactly."""
    progress = checkpoint.progress
    head = {
        "rounds": checkpoint.rounds,
        "model_bytes": len(checkpoint.model),
        "history": progress.history,
        "best_round": progress.best_round,
        "best_score": progress.best_score,
    }
    return json.dumps(head).encode() + b"\n" + checkpoint.model + progress.best_model


def decode(data: bytes) -> Checkpoint:
    """The checkpoint in `data`. Raises ValueError, KeyError or XGBoostError for bytes that are none."""
    line, _, models = data.partition(b"\n")
    head = json.loads(line)
    size = int(head["model_bytes"])
    model, best = models[:size], models[size:]
    xgboost.Booster(model_file=bytearray(model))
    progress = Progress(dict(head["history"]), head["best_round"], head["best_score"], best)
    return Checkpoint(int(head["rounds"]), model, progress)
