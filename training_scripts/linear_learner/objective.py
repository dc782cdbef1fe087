"""What the models minimise: the mean loss over the rows of all hosts, and wd / 2 times the squared weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training_scripts.linear_learner.crew import Crew, blocks
from training_scripts.linear_learner.plan import Doubles, Plan, Total, alone
from training_scripts.linear_learner.rows import Rows

Chosen = NDArray[np.intp]
"""Indices of models."""


@dataclass(frozen=True)
class Point:
    """Of some models: mean losses and objectives (models,), gradients (features + 1, models, outputs)."""

    losses: Doubles
    values: Doubles
    gradients: Doubles


class Objective(Protocol):
    """The objectives of a plan's models. Weights are (features + 1, models, outputs) float64, the bias last."""

    plan: Plan
    decays: Doubles
    """wd of each weight, (features + 1, models, 1)."""

    def at(self, weights: Doubles, models: Chosen) -> Point:
        """The objectives of `models` at their `weights`."""
        ...


class OverRows:
    """The objectives by a pass over the rows."""

    def __init__(
        self, plan: Plan, rows: Rows, crew: Crew, total: Total | None = None, *, extra_wd: float = 0.0
    ) -> None:
        self.plan, self.rows, self.crew, self.total, self.extra_wd = plan, rows, crew, total or alone, extra_wd
        self.count = float(self.total(np.array([float(len(rows))]))[0])
        self.decays = decays(plan, rows.width, extra_wd)

    def thinned(self, stride: int) -> OverRows:
        """The same over every `stride`th row of each host."""
        return OverRows(self.plan, self.rows.every(stride), self.crew, self.total, extra_wd=self.extra_wd)

    def at(self, weights: Doubles, models: Chosen) -> Point:
        """See Objective. One pass over the rows of every host."""
        shape = weights.shape
        columns = weights.reshape(shape[0], -1).astype(np.float32)

        def part(starts: range) -> Doubles:
            losses, gradient = np.zeros(len(models)), np.zeros(columns.shape)
            for block in blocks(starts):
                block_losses, block_gradient = self.rows.loss_and_gradient(self.plan.loss, columns, block)
                losses += block_losses
                gradient += block_gradient
            return np.concatenate([losses, gradient.ravel()])

        with self.crew.at_work():
            parts = self.crew.over(range(0, len(self.rows), self.rows.step(columns.shape[1])), part)
        sums = self.total(np.sum(parts, axis=0)) / self.count
        return penalised(self, weights, models, sums[: len(models)], sums[len(models) :].reshape(shape))


def decays(plan: Plan, width: int, extra: float = 0.0) -> Doubles:
    """wd of each weight, (features + 1, models, 1), the bias's own in the last row; `extra` for all but the bias."""
    wanted = np.array([setting.wd for setting in plan.settings])
    return np.concatenate([np.tile(wanted + extra, (width, 1)), [wanted * plan.bias_wd_mult]])[:, :, None]


def penalised(objective: Objective, weights: Doubles, models: Chosen, losses: Doubles, gradients: Doubles) -> Point:
    """The point whose losses, and their gradients, are those."""
    own = objective.decays[:, models]
    with np.errstate(over="ignore", invalid="ignore"):
        values = losses + 0.5 * (own * weights**2).sum(axis=(0, 2))
        gradients = gradients + own * weights
    if not objective.plan.use_bias:
        gradients[-1] = 0
    return Point(losses, values, gradients)
