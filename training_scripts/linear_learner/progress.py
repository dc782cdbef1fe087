"""What the epochs so far have shown: the best model, and how long it has been the best."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner.plan import Doubles

Losses = dict[str, list[list[float]]]


@dataclass(frozen=True)
class Best:
    """A model as the solver has it, and which it is: `value` is its criterion's, `loss` that of the same rows."""

    epoch: int
    model: int
    value: float
    loss: float
    weights: Floats
    """(outputs, features)"""
    biases: Floats
    """(outputs,)"""


@dataclass
class Progress:
    """`losses`: channel -> of each epoch the loss of each model, and `values` what they were judged by, likewise.
    `mark`: the value that an epoch has to improve on, and `stale` the number of epochs that have not.

    An improvement counts that is at least early_stopping_tolerance of the mark. A smaller one counts for nothing, but
    the better model is kept all the same.
    """

    losses: Losses = field(default_factory=dict)
    best: Best | None = None
    mark: float | None = None
    stale: int = 0
    values: list[list[float]] = field(default_factory=list)
    finished: bool = False
    """More epochs would change nothing."""

    @property
    def epochs(self) -> int:
        """How many are done."""
        return len(self.losses.get("train", ()))

    def add(self, channel: str, losses: Doubles) -> None:
        """Append one epoch's losses (models,)."""
        self.losses.setdefault(channel, []).append(losses.tolist())

    def judge(
        self,
        values: Doubles,
        losses: Doubles,
        weights: Floats,
        biases: Floats,
        *,
        maximize: bool,
        tolerance: float,
    ) -> tuple[float, bool]:
        """Take note of the last epoch's criterion for each model (models,): the best value, and whether it counts as an
        improvement. Of models of equal value that of the least loss is the best.

        `weights` (models, outputs, features) and `biases` (models, outputs) are those after the epoch.
        """
        self.values.append(values.tolist())
        sign = 1.0 if maximize else -1.0
        model = int(np.lexsort((losses, np.where(np.isfinite(values), -sign * values, np.inf)))[0])
        value, loss = float(values[model]), float(losses[model])
        if not np.isfinite(value):
            self.stale += 1
            return value, False
        if self.best is None or (-sign * value, loss) < (-sign * self.best.value, self.best.loss):
            self.best = Best(self.epochs - 1, model, value, loss, weights[model].copy(), biases[model].copy())
        gain = np.inf if self.mark is None else sign * (value - self.mark)
        improved = bool(gain > 0 and gain >= tolerance * abs(self.mark or 0.0))
        self.mark = value if improved else self.mark
        self.stale = 0 if improved else self.stale + 1
        return value, improved
