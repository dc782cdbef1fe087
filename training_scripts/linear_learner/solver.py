"""Training, epoch by epoch: the one door to the optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from training_scripts.linear_learner import minibatch
from training_scripts.linear_learner.plan import Doubles, Plan, Total, alone
from training_scripts.linear_learner.rows import Rows

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class EpochResult:
    """`train_losses` (models,), in the units of the labels given, without wd and l1; `finished`: more epochs change
    nothing worth it, or all epochs of the plan are done."""

    train_losses: Doubles
    finished: bool


class Solver(Protocol):
    """Trains all models of a plan. Every host of the job makes one and calls it alike."""

    def epoch(self) -> EpochResult:
        """Train for one epoch."""
        ...

    def weights(self) -> tuple[Floats, Floats]:
        """Weights (models, outputs, features) and biases (models, outputs), in the space of the given data; copies."""
        ...

    def state(self) -> Arrays:
        """All that the next epoch depends on, besides the data and the plan."""
        ...

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on from a `state()` of the same plan and data, to the bit. Raises ValueError for any other."""
        ...

    def describe(self) -> str:
        """One line for the log: which method, and why."""
        ...


def make(plan: Plan, data: Floats, labels: Floats, weights: Floats | None = None, total: Total | None = None) -> Solver:
    """A solver for features `data` (rows, width) float32 in C order, scaled already, which it reads and never changes.

    `labels` (rows,); `weights` (rows,), None for equal ones; only their ratios matter. `total` adds up over hosts, None
    where there is one. Called on all hosts at once.
    """
    rows = Rows(data, labels, _balanced(weights, total) if weights is not None else None)
    return MinibatchSolver(plan, rows, total)


def _balanced(weights: Floats, total: Total | None) -> Floats:
    """The weights with mean 1 over all hosts."""
    sums = (total or alone)(np.array([weights.sum(dtype=np.float64), len(weights)]))
    return weights * np.float32(sums[1] / sums[0])


class MinibatchSolver:
    """Adam, SGD or RMSProp for the plan's number of epochs."""

    def __init__(self, plan: Plan, rows: Rows, total: Total | None) -> None:
        self._plan = plan
        self._batches = minibatch.Minibatch(plan, rows, total)
        self._state = minibatch.begun(plan, rows.width)

    def epoch(self) -> EpochResult:
        """One pass over the rows."""
        losses = self._batches.epoch(self._state)
        return EpochResult(losses, int(self._state.step) >= self._plan.epochs * self._batches.steps)

    def weights(self) -> tuple[Floats, Floats]:
        """See Solver."""
        return unpacked(self._plan, self._state.weights)

    def state(self) -> Arrays:
        """See Solver."""
        return self._state.arrays()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See Solver."""
        self._state = minibatch.restored(state, like=self._state)

    def describe(self) -> str:
        """See Solver."""
        name = "adam" if self._plan.optimizer == "auto" else self._plan.optimizer
        return f"{name}, {len(self._plan.settings)} models at once, {self._batches.steps} batches an epoch"


def unpacked(plan: Plan, columns: Floats) -> tuple[Floats, Floats]:
    """Weights (models, outputs, features) and biases (models, outputs) of the matrix (features + 1, columns)."""
    shape = (len(plan.settings), plan.loss.outputs)
    cut = np.array(columns.T, dtype=np.float32, order="C")
    return np.ascontiguousarray(cut[:, :-1]).reshape(*shape, -1), cut[:, -1].reshape(shape)
