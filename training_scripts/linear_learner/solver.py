"""Training, epoch by epoch: the one door to the optimizers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from contract import resources
from contract.dataset import Floats
from training_scripts.linear_learner import newton
from training_scripts.linear_learner.minibatch import Minibatches
from training_scripts.linear_learner.newton import Newton
from training_scripts.linear_learner.plan import Plan, Stopping, Total, alone, going_on
from training_scripts.linear_learner.result import Arrays, EpochResult
from training_scripts.linear_learner.rows import Rows

SHARE = 4
"""Second order training may take one part in so many of the memory, beside the rows."""


class Solver(Protocol):
    """Trains all models of a plan. Every host of the job makes one and calls it alike."""

    def epoch(self) -> EpochResult:
        """Train for one epoch, or until the job is told to stop."""
        ...

    def weights(self) -> tuple[Floats, Floats]:
        """Weights (models, outputs, features) and biases (models, outputs), in the space of the given data; copies."""
        ...

    def state(self) -> Arrays:
        """All that the next epoch depends on, besides the data and the plan; copies."""
        ...

    def restore(self, state: Arrays) -> None:
        """Go on from a `state()` of the same plan, data and hosts, to the bit. Raises ValueError for any other.

        It checks and copies, and makes no sums over the hosts: one host may try it alone.
        """
        ...

    @property
    def optimizer(self) -> str:
        """The one at work: what `auto` has come to, or `auto` itself where no other of the names fits."""
        ...

    def describe(self) -> str:
        """One line for the log: which method, and why."""
        ...


def make(
    plan: Plan,
    data: Floats,
    labels: Floats,
    weights: Floats | None = None,
    total: Total | None = None,
    stopping: Stopping = going_on,
) -> Solver:
    """A solver for features `data` (rows, width) float32 in C order, scaled already, which it reads and never changes.

    `labels` (rows,); `weights` (rows,), None for equal ones; only their ratios matter. `total` adds up over hosts, None
    where there is one. Called on all hosts at once. `stopping` is asked in the middle of long epochs. Where any
    host has too little memory for second order steps, all of them train by minibatches.
    """
    rows = Rows(data, labels, _balanced(weights, total) if weights is not None else None)
    if not newton.suits(plan):
        return Minibatches(plan, rows, total, stopping)
    needed, limit = newton.needed_bytes(plan, rows), resources.memory_bytes()
    if (total or alone)(np.array([float(needed > limit / SHARE)]))[0] == 0:
        return Newton(plan, rows, total)
    sizes = f"{needed // 2**20:,} of {limit // 2**20:,} MB here"
    why = f"as second order steps would take much of a host's memory, about {sizes}"
    return Minibatches(plan, rows, total, stopping, why)


def _balanced(weights: Floats, total: Total | None) -> Floats:
    """The weights with mean 1 over all hosts."""
    sums = (total or alone)(np.array([weights.sum(dtype=np.float64), len(weights)]))
    return weights * np.float32(sums[1] / sums[0])
