"""What an epoch gives, and the forms in which weights and states leave a solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from training_scripts.linear_learner.plan import Doubles, Plan

Arrays: TypeAlias = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class EpochResult:
    """`train_losses` (models,), before the epoch's last step, in the units of the labels given, without wd and l1.

    `finished`: more epochs change nothing worth it, or all epochs of the plan are done. `whole`: unless the job was
    told to stop in the middle of it.
    """

    train_losses: Doubles
    finished: bool
    whole: bool = True


def unpacked(plan: Plan, columns: NDArray[Any]) -> tuple[Floats, Floats]:
    """Weights (models, outputs, features) and biases (models, outputs) of a matrix (features + 1, models * outputs)."""
    shape = (len(plan.settings), plan.loss.outputs)
    cut = np.array(columns.T, dtype=np.float32, order="C")
    return np.ascontiguousarray(cut[:, :-1]).reshape(*shape, -1), cut[:, -1].reshape(shape)


def same_forms(found: Arrays, wanted: Arrays) -> bool:
    """Whether a saved state has the names, shapes and types of another."""
    return _forms(found) == _forms(wanted)


def _forms(arrays: Arrays) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (values.shape, values.dtype.name) for name, values in arrays.items()}
