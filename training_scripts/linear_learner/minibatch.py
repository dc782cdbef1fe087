"""Adam, SGD and RMSProp on all models at once, batch after batch in the order of the rows.

The weights of all models are the columns of one matrix, so a batch costs one matrix product each way; batches are
views. The updates are MXNet's (Adam, SGD with momentum, RMSProp not centred, FactorScheduler), those of SageMaker's own
image; l1 is a proximal step, so that weights become 0 and stay there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from training_scripts.linear_learner.crew import Crew
from training_scripts.linear_learner.plan import Doubles, Plan, Stopping, Total, alone, going_on
from training_scripts.linear_learner.result import Arrays, EpochResult, same_forms, unpacked
from training_scripts.linear_learner.rows import Rows

TINY = np.float32(1e-8)
"""Keeps Adam and RMSProp from dividing by 0; MXNet's own."""
SHARED = 1 << 23
"""Multiplications of a batch from which sharing them among threads pays."""
DECAY = np.float32(0.9)
"""RMSProp's memory of squared gradients; MXNet's own `gamma1`."""


@dataclass
class State:
    """All that the next step depends on. Arrays (features + 1, models * outputs), the bias in the last row."""

    weights: Floats
    first: Floats
    """Adam's mean of gradients, SGD's momentum."""
    second: Floats
    """Adam's and RMSProp's mean of squared gradients."""
    step: NDArray[np.int64]
    """Steps done, an array without dimensions."""


def begun(plan: Plan, width: int) -> State:
    """The state before the first step. All models have the same first weights: they differ by their settings alone."""
    generator = np.random.default_rng(plan.seed)
    shape = (width, plan.loss.outputs)
    if plan.init.method == "normal":
        drawn = generator.normal(0.0, plan.init.sigma, shape)
    else:
        drawn = generator.uniform(-plan.init.scale, plan.init.scale, shape)
    bias = np.full((1, plan.loss.outputs), plan.init.bias if plan.use_bias else 0.0)
    weights = np.tile(np.concatenate([drawn, bias]).astype(np.float32), (1, len(plan.settings)))
    return State(weights, np.zeros_like(weights), np.zeros_like(weights), np.array(0))


class Minibatches:
    """A Solver by Adam, SGD or RMSProp, for the plan's number of epochs.

    Every host cuts its rows into the same number of batches, so that all make the same steps; the sums of gradients run
    over all hosts, by `total`. An epoch may take minutes: it ends after the batch in which any host is `stopping`.
    """

    def __init__(
        self,
        plan: Plan,
        rows: Rows,
        total: Total | None = None,
        stopping: Stopping = going_on,
        why: str = "as l1 or the loss leaves no second derivatives",
    ) -> None:
        """`why`: said where the optimizer is auto."""
        self._plan, self._rows, self._total, self._stopping, self._why = plan, rows, total, stopping, why
        sums = (total or alone)(np.array([len(rows), 1.0]))
        self._steps = max(1, int(np.ceil(sums[0] / (sums[1] * plan.batch_rows))))
        self._state = begun(plan, rows.width)
        self._cuts = np.linspace(0, len(rows), self._steps + 1).astype(int).tolist()
        self._crew = Crew(plan.threads)
        self._rates = _Rates(plan, rows.width)
        self._update: Callable[[State, Floats], Floats] = {
            "auto": self._adam,
            "adam": self._adam,
            "sgd": self._sgd,
            "rmsprop": self._rmsprop,
        }[plan.optimizer]

    def epoch(self) -> EpochResult:
        """See Solver. One pass over the rows; the losses are each batch's before its step."""
        losses = np.zeros(len(self._plan.settings))
        count = 0.0
        stopped = False
        # A rate too high for the data: its model's loss tells.
        with self._crew.at_work(), np.errstate(over="ignore", invalid="ignore"):
            for start, stop in itertools.pairwise(self._cuts):
                gradient, batch_losses, rows, stopped = self._gradient(slice(start, stop))
                losses += batch_losses
                count += rows
                self._step(gradient)
                if stopped:
                    break
        done = int(self._state.step)
        return EpochResult(losses / count, done >= self._plan.epochs * self._steps, done % self._steps == 0)

    def weights(self) -> tuple[Floats, Floats]:
        """See Solver."""
        return unpacked(self._plan, self._state.weights)

    def state(self) -> Arrays:
        """See Solver."""
        return {item.name: np.array(getattr(self._state, item.name)) for item in fields(State)}

    def restore(self, state: Arrays) -> None:
        """See Solver."""
        if not same_forms(state, self.state()):
            raise ValueError("the saved state is not one of this training")
        self._state = State(**{name: np.array(values) for name, values in state.items()})

    @property
    def optimizer(self) -> str:
        """See Solver."""
        return "adam" if self._plan.optimizer == "auto" else self._plan.optimizer

    def describe(self) -> str:
        """See Solver."""
        why = f", {self._why}" if self._plan.optimizer == "auto" else ""
        return f"{self.optimizer}{why}: {self._plan.crowd}, {self._steps} batches an epoch"

    def _gradient(self, rows: slice) -> tuple[Floats, Doubles, float, bool]:
        """Mean gradient of the batch's loss, sums of losses over its rows (models,), how many rows it has, and whether
        it is the last one because a host is told to stop."""
        plan, weights = self._plan, self._state.weights
        if (rows.stop - rows.start) * weights.size < SHARED:
            losses, gradient = self._of(rows)
        else:
            starts = range(rows.start, rows.stop, -(-(rows.stop - rows.start) // plan.threads))
            parts = self._crew.over(starts, lambda part: self._of(slice(part.start, part.stop)))
            losses, gradient = (np.sum(each, axis=0) for each in zip(*parts, strict=True))
        count, stopping = float(rows.stop - rows.start), float(self._stopping())
        if self._total is not None:
            sums = self._total(np.concatenate([gradient.ravel(), losses, [count, stopping]]).astype(np.float64))
            gradient = sums[: gradient.size].reshape(gradient.shape).astype(np.float32)
            losses, (count, stopping) = sums[gradient.size : -2], sums[-2:].tolist()
        gradient *= np.float32(1 / count)
        return gradient, losses, count, stopping > 0

    def _of(self, rows: slice) -> tuple[Doubles, Floats]:
        return self._rows.quick_loss_and_gradient(self._plan.loss, self._state.weights, rows)

    def _step(self, gradient: Floats) -> None:
        weights, rates = self._state.weights, self._rates
        if not self._plan.use_bias:
            gradient[-1] = 0
        if rates.decays:
            gradient[:-1] += rates.wd * weights[:-1]
            gradient[-1] += rates.bias_wd * weights[-1]
        steps = self._update(self._state, gradient)
        if rates.sparse:
            bounds = np.broadcast_to(steps, weights.shape)[:-1] * rates.l1
            kept = weights[:-1]
            kept[:] = np.copysign(np.maximum(np.abs(kept) - bounds, 0), kept)

    def _adam(self, state: State, gradient: Floats) -> Floats:
        state.step += 1
        count, beta_1, beta_2 = int(state.step), self._plan.beta_1, self._plan.beta_2
        state.first *= np.float32(beta_1)
        state.first += np.float32(1 - beta_1) * gradient
        gradient *= gradient
        gradient *= np.float32(1 - beta_2)
        state.second *= np.float32(beta_2)
        state.second += gradient
        correction = np.float32(math.sqrt(1 - beta_2**count) / (1 - beta_1**count))
        steps = np.sqrt(state.second, out=gradient)
        steps += TINY
        np.divide(self._rates.at(count) * correction, steps, out=steps)
        state.weights -= steps * state.first
        return steps

    def _sgd(self, state: State, gradient: Floats) -> Floats:
        state.step += 1
        rates = self._rates.at(int(state.step))
        state.first *= np.float32(self._plan.momentum)
        state.first -= rates * gradient
        state.weights += state.first
        return rates

    def _rmsprop(self, state: State, gradient: Floats) -> Floats:
        state.step += 1
        state.second *= DECAY
        state.second += (1 - DECAY) * np.square(gradient)
        steps: Floats = self._rates.at(int(state.step)) / np.sqrt(state.second + TINY)
        state.weights -= steps * gradient
        return steps


class _Rates:
    """Learning rates, wd and l1 of every column of the weights."""

    def __init__(self, plan: Plan, width: int) -> None:
        def columns(name: str) -> Doubles:
            return np.repeat([float(getattr(each, name)) for each in plan.settings], plan.loss.outputs)

        self._first, self._least = columns("learning_rate"), columns("lr_scheduler_minimum_lr")
        self._every, self._factor = columns("lr_scheduler_step"), columns("lr_scheduler_factor")
        self._constant = not plan.use_lr_scheduler
        self._rows = np.ones((width + 1, 1)) if plan.bias_lr_mult != 1 else np.ones((1, 1))
        self._rows[-1] *= plan.bias_lr_mult
        self.l1, self.wd = columns("l1").astype(np.float32), columns("wd").astype(np.float32)
        self.bias_wd = self.wd * np.float32(plan.bias_wd_mult)
        self.decays, self.sparse = bool(self.wd.any()), bool(self.l1.any())
        self._period = 0 if self._constant else int(np.gcd.reduce(self._every.astype(np.int64)))
        self._now: tuple[int, Floats] | None = None
        """The period that the last step lay in, and its rates: no rate changes within one."""

    def at(self, step: int) -> Floats:
        """Learning rates of a step, counted from 1: (1, columns), or (features + 1, columns) if the bias differs."""
        period = 0 if self._constant else (step - 1) // self._period
        if self._now is None or self._now[0] != period:
            self._now = period, self._calculated(step)
        return self._now[1]

    def _calculated(self, step: int) -> Floats:
        rates = self._first
        if not self._constant:
            falling = np.maximum(rates * self._factor ** ((step - 1) // self._every), self._least)
            rates = np.minimum(falling, rates)
        result: Floats = (self._rows * rates).astype(np.float32)
        return result
