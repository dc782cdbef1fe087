"""The losses of a linear model: value, gradient and curvature of each row with respect to its margins.

A margin is what the linear model says: w . x + b. Margins have the shape (rows, models, outputs), float32; `outputs`
is the number of classes for softmax_loss and 1 for every other loss. Names are SageMaker's ("Linear Learner
hyperparameters", `loss`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats
from contract.errors import UserError, show

HALF = np.float32(0.5)
SHORT = 32
"""Outputs up to which one after the other is faster."""
Pair = tuple[Floats, Floats]
"""Values (rows, models), and gradients with respect to the margins (rows, models, outputs)."""


@dataclass(frozen=True)
class Loss:
    """A loss. `evaluate(margins, labels)` gives values and gradients; labels are (rows,).

    `curve(margins, labels)`, for smooth losses alone, gives the second derivatives (rows, models, outputs): for
    softmax_loss their diagonal. Where the slope has a kink they are slope by residual instead, as in iteratively
    reweighted least squares: a parabola of that curvature lies above the loss.
    """

    name: str
    outputs: int
    evaluate: Callable[[Floats, Floats], Pair]
    curve: Callable[[Floats, Floats], Floats] | None = None
    summed: Callable[[Floats, Floats], Pair] | None = None
    """`evaluate` with the values summed over the rows (models,), quicker and less exact, where there is one."""

    @property
    def smooth(self) -> bool:
        """Whether the gradient is continuous, so that second order methods hold."""
        return self.curve is not None

    @property
    def squared(self) -> bool:
        """Whether a linear system gives the best weights."""
        return self.name == "squared_loss"


def of(
    name: str,
    *,
    num_classes: int = 1,
    margin: float = 1.0,
    quantile: float = 0.5,
    loss_insensitivity: float = 0.01,
    huber_delta: float = 1.0,
) -> Loss:
    """The loss of that name. Raises UserError for a name that is none.

    `num_classes` is for softmax_loss, `margin` for hinge_loss, and so on: each loss takes what is its own. `quantile`,
    `loss_insensitivity` and `huber_delta` are in the units of the labels that the loss is given.
    """
    makers: Mapping[str, Callable[[], Loss]] = {
        "squared_loss": lambda: Loss(name, 1, _squared, _two),
        "absolute_loss": lambda: Loss(name, 1, lambda margins, labels: _absolute(margins, labels, 0.0)),
        "eps_insensitive_squared_loss": lambda: Loss(
            name,
            1,
            lambda margins, labels: _insensitive_squared(margins, labels, loss_insensitivity),
            lambda margins, labels: _insensitive_curve(margins, labels, loss_insensitivity),
        ),
        "eps_insensitive_absolute_loss": lambda: Loss(
            name, 1, lambda margins, labels: _absolute(margins, labels, loss_insensitivity)
        ),
        "quantile_loss": lambda: Loss(name, 1, lambda margins, labels: _quantile(margins, labels, quantile)),
        "huber_loss": lambda: _huber_of(name, huber_delta),
        "logistic": lambda: Loss(name, 1, _logistic, _logistic_curve, _logistic_summed),
        "hinge_loss": lambda: Loss(name, 1, lambda margins, labels: _hinge(margins, labels, margin)),
        "softmax_loss": lambda: Loss(name, num_classes, _softmax, _softmax_curve),
    }
    if name not in makers:
        raise UserError(f"loss {show(name)} is not one of {', '.join(makers)}")
    return makers[name]()


def probabilities(margins: Floats) -> Floats:
    """Softmax over the outputs, or the logistic function where there is one output; the shape of `margins`."""
    if margins.shape[-1] == 1:
        small = np.exp(-np.abs(margins))
        positive: Floats = np.where(margins >= 0, np.float32(1), small) / (1 + small)
        return positive
    raised: Floats = np.exp(margins - _largest(margins))
    raised /= _added(raised)
    return raised


def _largest(margins: Floats) -> Floats:
    """The largest of the outputs, (rows, models, 1). numpy is slow along a short last axis."""
    if margins.shape[-1] > SHORT:
        largest: Floats = margins.max(axis=-1, keepdims=True)
        return largest
    largest = margins[..., 0].copy()
    for output in range(1, margins.shape[-1]):
        np.maximum(largest, margins[..., output], out=largest)
    return largest[..., None]


def _added(values: Floats) -> Floats:
    """The sum over the outputs, (rows, models, 1)."""
    sums: Floats = values @ np.ones((values.shape[-1], 1), dtype=np.float32)
    return sums


def _residual(margins: Floats, labels: Floats) -> Floats:
    """Prediction minus label, (rows, models, 1)."""
    residual: Floats = margins - labels[:, None, None]
    return residual


def _two(margins: Floats, labels: Floats) -> Floats:
    return np.full_like(margins, 2)


def _squared(margins: Floats, labels: Floats) -> Pair:
    residual = _residual(margins, labels)
    return np.square(residual[..., 0]), residual * np.float32(2)


def _absolute(margins: Floats, labels: Floats, insensitivity: float) -> Pair:
    residual = _residual(margins, labels)
    excess = np.maximum(np.abs(residual) - np.float32(insensitivity), 0)
    return excess[..., 0], np.sign(residual) * (excess > 0)


def _insensitive_squared(margins: Floats, labels: Floats, insensitivity: float) -> Pair:
    residual = _residual(margins, labels)
    excess = np.maximum(np.abs(residual) - np.float32(insensitivity), 0)
    return np.square(excess[..., 0]), np.copysign(2 * excess, residual)


def _insensitive_curve(margins: Floats, labels: Floats, insensitivity: float) -> Floats:
    size = np.abs(_residual(margins, labels))
    tiny = np.float32(1e-30)
    curvature: Floats = np.float32(2) * np.maximum(size - np.float32(insensitivity), np.float32(0))
    curvature /= np.maximum(size, tiny)
    return curvature


def _quantile(margins: Floats, labels: Floats, quantile: float) -> Pair:
    """The pinball loss: at its least, a share `quantile` of the labels lies below the prediction."""
    residual = _residual(margins, labels)
    slope = np.where(residual > 0, np.float32(1 - quantile), np.float32(-quantile))
    return (slope * residual)[..., 0], slope * (residual != 0)


def _huber_of(name: str, delta: float) -> Loss:
    """Squared up to `delta`, then absolute: r^2 / (2 delta), |r| - delta / 2, as MXNet's HuberLoss is scaled. So a
    delta of 0 is the absolute loss."""
    if delta == 0:
        return Loss(name, 1, lambda margins, labels: _absolute(margins, labels, 0.0))

    def evaluate(margins: Floats, labels: Floats) -> Pair:
        residual = _residual(margins, labels)
        slope = np.clip(residual / np.float32(delta), -1, 1)
        return (slope * (residual - slope * np.float32(delta / 2)))[..., 0], slope

    def curve(margins: Floats, labels: Floats) -> Floats:
        curvature: Floats = np.reciprocal(np.maximum(np.abs(_residual(margins, labels)), np.float32(delta)))
        return curvature

    return Loss(name, 1, evaluate, curve)


def _logistic(margins: Floats, labels: Floats) -> Pair:
    """Cross entropy of a label 0 or 1: log(1 + exp(-|m|)) + max(m, 0) - y m."""
    size = np.abs(margins)
    total = np.exp(-size)
    total += 1
    values = np.log(total)
    gradients = np.reciprocal(total, out=total)
    gradients -= HALF
    np.copysign(gradients, margins, out=gradients)
    centred = HALF - labels[:, None, None]
    gradients += centred
    size *= HALF
    values += size
    values += margins * centred
    return values[..., 0], gradients


@np.errstate(over="ignore")
def _logistic_summed(margins: Floats, labels: Floats) -> Pair:
    """log(1 + exp(m)) - y m, which loses digits where the terms are large and cancel out; the logarithms, which cost
    the most, are of the products of two. Where these are beyond float32, the other form helps out."""
    flat = margins[..., 0]
    half = (len(flat) + 1) // 2
    total = np.exp(flat)
    total += 1
    pairs = total[:half].copy()
    pairs[: len(flat) - half] *= total[half:]
    sums = np.ones(half, dtype=np.float32) @ np.log(pairs, out=pairs) - labels @ flat
    if np.isposinf(sums).any():
        sums = _logistic(margins, labels)[0].sum(axis=0)
    gradients = np.reciprocal(total, out=total)
    np.subtract((1 - labels)[:, None], gradients, out=gradients)
    return sums, gradients[..., None]


def _logistic_curve(margins: Floats, labels: Floats) -> Floats:
    small = np.exp(-np.abs(margins))
    curvature: Floats = small / np.square(1 + small)
    return curvature


def _hinge(margins: Floats, labels: Floats, margin: float) -> Pair:
    side = (2 * labels - 1)[:, None, None]
    short = np.maximum(np.float32(margin) - side * margins, 0)
    return short[..., 0], -side * (short > 0)


def _softmax(margins: Floats, labels: Floats) -> Pair:
    """Cross entropy of a class 0 .. outputs - 1."""
    shifted = margins - _largest(margins)
    rows, classes = np.arange(len(labels)), labels.astype(np.intp)
    own = shifted[rows, :, classes]
    gradients = np.exp(shifted, out=shifted)
    total = _added(gradients)
    gradients /= total
    gradients[rows, :, classes] -= 1
    return np.log(total[..., 0]) - own, gradients


def _softmax_curve(margins: Floats, labels: Floats) -> Floats:
    chances = probabilities(margins)
    return chances * (1 - chances)
