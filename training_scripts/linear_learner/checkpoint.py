"""The state of a training between two epochs, as bytes: what the solver holds, and what the epochs have shown.

A line of JSON, then all arrays as safetensors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from training_scripts.linear_learner.progress import Best, Progress

_SOLVER, _BEST = "solver.", "best."


@dataclass(frozen=True)
class Checkpoint:
    """`state` is a solver's."""

    progress: Progress
    state: dict[str, NDArray[Any]]


def encode(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint; every number survives exactly."""
    progress = checkpoint.progress
    arrays = {f"{_SOLVER}{name}": array for name, array in checkpoint.state.items()}
    head: dict[str, Any] = {"losses": progress.losses, "mark": progress.mark, "stale": progress.stale}
    head |= {"values": progress.values, "finished": progress.finished, "best": None}
    if progress.best is not None:
        head["best"] = {name: getattr(progress.best, name) for name in ("epoch", "model", "value", "loss")}
        arrays |= {f"{_BEST}weights": progress.best.weights, f"{_BEST}biases": progress.best.biases}
    # safetensors keeps no array without dimensions: all are kept flat, and their shapes in the head.
    head["shapes"] = {name: array.shape for name, array in arrays.items()}
    flat = {name: np.array(array).reshape(-1) for name, array in arrays.items()}
    return json.dumps(head).encode() + b"\n" + save(flat)


def decode(data: bytes) -> Checkpoint:
    """The checkpoint in `data`. Raises ValueError, KeyError or SafetensorError for bytes that are none."""
    line, _, tensors = data.partition(b"\n")
    head = json.loads(line)
    arrays = {name: array.reshape(head["shapes"][name]) for name, array in load(tensors).items()}
    best = None
    if head["best"] is not None:
        best = Best(**head["best"], weights=arrays[f"{_BEST}weights"], biases=arrays[f"{_BEST}biases"])
    own = {name: head[name] for name in ("losses", "mark", "stale", "values", "finished")}
    state = {name.removeprefix(_SOLVER): array for name, array in arrays.items() if name.startswith(_SOLVER)}
    return Checkpoint(Progress(best=best, **own), state)
