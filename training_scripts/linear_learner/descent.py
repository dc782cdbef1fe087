"""L-BFGS for many models in lockstep, from a given inverse of the curvature: one pass over the rows a step.

Nocedal and Wright, "Numerical Optimization", algorithm 7.4. A step is tried at full length; a pass that shows the
objective risen halves it. Every model has its own history, step and end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training_scripts.linear_learner.objective import Objective
from training_scripts.linear_learner.plan import Doubles
from training_scripts.linear_learner.result import Arrays, same_forms

Inverse = Callable[[Doubles], Doubles]
HISTORY = 10
HISTORY_BYTES = 1 << 26
NOISE = 1e-6
"""Rises of the objective up to this share are rounding: losses are float32."""
REJECTIONS = 10
"""After so many steps in a row that led up, a model is where float32 can take it."""


@dataclass
class Descent:
    """Weights and gradients have the shape (features + 1, models, outputs), the others (models,)."""

    weights: Doubles
    """The best so far."""
    losses: Doubles
    values: Doubles
    gradients: Doubles
    directions: Doubles
    lengths: Doubles
    """The next point to try is weights + lengths * directions."""
    expected: Doubles
    """What the next step should gain."""
    rejected: Doubles
    done: NDArray[np.bool_]
    steps: list[Doubles] = field(default_factory=list)
    changes: list[Doubles] = field(default_factory=list)
    """Of gradients, by the steps."""
    factors: list[Doubles] = field(default_factory=list)
    """1 / (step . change), 0 where the pair says nothing of a model."""
    scale: Doubles = field(default_factory=lambda: np.ones(1))

    @property
    def trial(self) -> Doubles:
        """The next point to try."""
        return self.weights + self.lengths[:, None] * self.directions


def begun(weights: Doubles) -> Descent:
    """Before the first pass, at `weights`."""
    models = weights.shape[1]
    zeros = np.zeros(models)
    return Descent(
        weights.copy(),
        losses=np.full(models, np.inf),
        values=np.full(models, np.inf),
        gradients=np.zeros_like(weights),
        directions=np.zeros_like(weights),
        lengths=np.ones(models),
        expected=zeros + np.inf,
        rejected=zeros.copy(),
        done=np.zeros(models, dtype=np.bool_),
        scale=np.ones(models),
    )


def arrays(descent: Descent) -> Arrays:
    """All of it by name, to be saved."""
    named = {item.name: getattr(descent, item.name) for item in fields(descent)}
    return {
        name: np.stack(value) if isinstance(value, list) and value else np.array(value) for name, value in named.items()
    }


def restored(saved: Arrays, like: Descent) -> Descent:
    """What `arrays` gave. Raises ValueError where the models or features are not those of `like`."""
    fresh, own = arrays(like), dict(saved)
    lists: dict[str, Any] = {name: list(own.pop(name)) for name in ("steps", "changes", "factors") if name in own}
    if not same_forms(own, {name: values for name, values in fresh.items() if name not in lists}):
        raise ValueError("the saved state is not one of this training")
    return Descent(**lists | {name: values.copy() for name, values in own.items()})


def advance(descent: Descent, objective: Objective, inverse: Inverse, tolerance: float) -> None:
    """Try the next point with one pass over the rows, and plan the step after it.

    A model is done when its next step should gain less than the share `tolerance` of its objective.
    """
    models = np.flatnonzero(~descent.done)
    if not len(models):
        return
    trial = descent.trial
    point = objective.at(trial[:, models], models)
    values, losses, gradients = descent.values.copy(), descent.losses.copy(), descent.gradients.copy()
    values[models], losses[models], gradients[:, models] = point.values, point.losses, point.gradients
    better = values <= descent.values + NOISE * np.abs(descent.values)
    better &= ~descent.done & np.isfinite(gradients).all(axis=(0, 2))
    worse = ~descent.done & ~better
    _shorten(descent, values, worse)
    first = not np.isfinite(descent.values).all()
    if not first:
        _remember(descent, trial, gradients, better, inverse)
    for kept, new in ((descent.values, values), (descent.losses, losses)):
        kept[better] = new[better]
    descent.weights[:, better], descent.gradients[:, better] = trial[:, better], gradients[:, better]
    _aim(descent, better, inverse)
    descent.done |= better & (descent.expected <= tolerance * np.abs(descent.values))
    descent.done |= descent.rejected >= REJECTIONS
    descent.lengths[descent.done & worse] = 0


def _shorten(descent: Descent, values: Doubles, worse: NDArray[np.bool_]) -> None:
    """Where the objective rose, cut the step to the least of the parabola through what is known, within 0.1 to 0.5."""
    slope = (descent.gradients * descent.directions).sum(axis=(0, 2)) * descent.lengths
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        cut = -slope / (2 * (values - descent.values - slope))
    cut = np.clip(np.nan_to_num(cut, nan=0.1, posinf=0.5, neginf=0.1), 0.1, 0.5)
    descent.lengths[worse] *= cut[worse]
    descent.rejected[worse] += 1


def _remember(
    descent: Descent, trial: Doubles, gradients: Doubles, better: NDArray[np.bool_], inverse: Inverse
) -> None:
    """Keep the step and the change of gradient that it made, of the models that took it."""
    step, change = trial - descent.weights, gradients - descent.gradients
    step[:, ~better] = change[:, ~better] = 0
    product = _dot(step, change)
    known = product > 1e-12 * np.sqrt(_dot(step, step) * _dot(change, change)) + 1e-100
    factor = np.where(known, 1 / np.where(known, product, 1), 0)
    scaled = _dot(change, inverse(change))
    descent.scale = np.where(known & (scaled > 0), product / np.where(scaled > 0, scaled, 1), descent.scale)
    descent.steps.append(step)
    descent.changes.append(change)
    descent.factors.append(factor)
    room = max(2, min(HISTORY, HISTORY_BYTES // (2 * step.nbytes)))
    del descent.steps[:-room], descent.changes[:-room], descent.factors[:-room]


def _aim(descent: Descent, better: NDArray[np.bool_], inverse: Inverse) -> None:
    """The directions from the points just taken."""
    left = descent.gradients.copy()
    shares = []
    pairs = list(zip(descent.steps, descent.changes, descent.factors, strict=True))
    for step, change, factor in reversed(pairs):
        share = factor * _dot(step, left)
        left -= share[:, None] * change
        shares.append(share)
    aim = descent.scale[:, None] * inverse(left)
    for (step, change, factor), share in zip(pairs, reversed(shares), strict=True):
        aim += (share - factor * _dot(change, aim))[:, None] * step
    gain = _dot(descent.gradients, aim)
    descent.directions[:, better] = -aim[:, better]
    descent.lengths[better], descent.rejected[better] = 1.0, 0
    descent.expected[better] = 0.5 * gain[better]


def _dot(left: Doubles, right: Doubles) -> Doubles:
    """Products of each model's vectors, (models,)."""
    product: Doubles = np.einsum("dmk,dmk->m", left, right)
    return product
