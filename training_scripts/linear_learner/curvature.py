"""The second derivatives of the loss on a sample of rows: one matrix that all models and outputs share.

The models' own curvatures differ from it by a factor each, and by wd. Features are centred by their mean weighted with
the curvature: so the bias stands apart, and needs no row of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner.crew import blocks
from training_scripts.linear_learner.objective import Objective, OverRows
from training_scripts.linear_learner.plan import Doubles

BLOCK_ROWS = 1 << 11
INVERSES = 3
"""Up to so many different systems are inverted one by one; for more, one eigendecomposition serves."""
SMALL = 64
"""Halves of a triangular matrix below which it is inverted as any other."""
FLOOR = 1e-7
"""Of the mean diagonal, added to it: features that depend on each other leave the matrix without an inverse."""
FLOORS = 10
"""Powers of ten of it that are tried."""


@dataclass(frozen=True)
class Curvature:
    """`matrix` (features, features): the mean over rows of c (x - mean)(x - mean)^T, c the mean curvature of models.

    For very wide data its diagonal alone, (features,). `scales` (models, outputs): mean curvature of each, relative to
    the mean `level` of c.
    """

    matrix: Doubles
    mean: Doubles
    level: float
    scales: Doubles


def measure(objective: OverRows, weights: Doubles, *, diagonal: bool = False) -> Curvature:
    """The curvature on the objective's rows, over all hosts, at `weights` (features + 1, models, outputs)."""
    rows, width, outputs = objective.rows, objective.rows.width, weights.shape[1:]
    curves = np.empty(len(rows), dtype=np.float32)
    columns = weights.reshape(width + 1, -1).astype(np.float32)

    def first(starts: range) -> Doubles:
        scales, pulled = np.zeros(outputs), np.zeros(width)
        for block in blocks(starts):
            by_output = _curve(objective, columns.reshape(width + 1, *outputs), block)
            curves[block] = by_output.mean(axis=(1, 2))
            scales += by_output.sum(axis=0, dtype=np.float64)
            pulled += rows.features[block].T @ curves[block]
        return np.concatenate([scales.ravel(), pulled])

    sums = _summed(objective, first)
    scales, mean = sums[:-width].reshape(outputs), sums[-width:]
    level = float(scales.mean()) or 1.0
    mean = mean / level if objective.plan.use_bias else np.zeros(width)
    shift = mean.astype(np.float32)

    def second(starts: range) -> Doubles:
        matrix, fourth = np.zeros(width if diagonal else (width, width)), 0.0
        for block in blocks(starts):
            scaled = (rows.features[block] - shift) * np.sqrt(curves[block])[:, None]
            matrix += np.einsum("ij,ij->j", scaled, scaled) if diagonal else scaled.T @ scaled
            fourth += float(np.square(np.einsum("ij,ij->i", scaled, scaled), dtype=np.float64).sum())
        return np.append(matrix.ravel(), fourth)

    sums = _summed(objective, second)
    matrix = sums[:-1] if diagonal else _shrunk(sums[:-1].reshape(width, width), float(sums[-1]), objective.count)
    return Curvature(matrix, mean, level, scales / level)


def inverse(curvature: Curvature, objective: Objective) -> Callable[[Doubles], Doubles]:
    """Solves for steps: a function of gradients (features + 1, models, outputs), H^-1 times each."""
    scales, width = curvature.scales, len(curvature.mean)
    systems = np.stack(np.broadcast_arrays(scales, objective.decays[0]), axis=-1).reshape(-1, 2)
    bias = 1 / np.maximum(curvature.level * scales + objective.decays[-1], np.finfo(np.float64).tiny)
    solve = _solver(curvature.matrix, systems)

    def apply(gradients: Doubles) -> Doubles:
        own = gradients[:-1] - curvature.mean[:, None, None] * gradients[-1]
        steps = np.empty_like(gradients)
        steps[:-1] = solve(own.reshape(width, -1)).reshape(own.shape)
        steps[-1] = gradients[-1] * bias - np.tensordot(curvature.mean, steps[:-1], axes=1)
        if not objective.plan.use_bias:
            steps[-1] = 0
        return steps

    return apply


def _solver(matrix: Doubles, systems: Doubles) -> Callable[[Doubles], Doubles]:
    """Solves (scale * matrix + decay) x = y for columns (features, systems); `systems` (n, 2): scales and decays."""
    width, floor = len(matrix), FLOOR * _level(matrix)
    if not np.isfinite(matrix).all():  # features beyond float32: no step is better than a wrong one
        return np.zeros_like
    if matrix.ndim == 1:
        scales = systems[:, 0] * (matrix + floor)[:, None] + systems[:, 1]
        return lambda columns: columns / scales
    different, which = np.unique(systems, axis=0, return_inverse=True)
    which = which.ravel()
    if len(different) > INVERSES:
        values, vectors = np.linalg.eigh(matrix)
        factors = 1 / (systems[:, 0] * (values.clip(min=0) + floor)[:, None] + systems[:, 1])

        def by_vectors(columns: Doubles) -> Doubles:
            solved: Doubles = vectors @ ((vectors.T @ columns) * factors)
            return solved

        return by_vectors
    roots = [_inverse_root(scale * matrix + decay * np.eye(width), scale * floor) for scale, decay in different]

    def one_by_one(columns: Doubles) -> Doubles:
        solved = np.empty_like(columns)
        for number, root in enumerate(roots):
            solved[:, which == number] = root.T @ (root @ columns[:, which == number])
        return solved

    return one_by_one


def _inverse_root(matrix: Doubles, floor: float) -> Doubles:
    """R, lower triangular, with R^T R the inverse of the matrix; a larger floor where float32 left it indefinite.

    Zeros, so that no step is made, where numbers beyond float32 left nothing to invert.
    """
    for power in range(FLOORS):
        try:
            lower = np.linalg.cholesky(matrix + floor * 10.0**power * np.eye(len(matrix)))
        except np.linalg.LinAlgError:
            continue
        return _inverse_of_lower(lower.astype(np.float64, copy=False))
    return np.zeros_like(matrix)


def _inverse_of_lower(lower: Doubles) -> Doubles:
    """The inverse of a lower triangular matrix, by halves: nearly all of it is products. numpy has none of its own."""
    half = len(lower) // 2
    if half < SMALL:
        return np.linalg.inv(lower).astype(np.float64, copy=False)
    inverted = np.zeros_like(lower)
    inverted[:half, :half] = first = _inverse_of_lower(lower[:half, :half])
    inverted[half:, half:] = second = _inverse_of_lower(lower[half:, half:])
    inverted[half:, :half] = -second @ (lower[half:, :half] @ first)
    return inverted


def _summed(objective: OverRows, part: Callable[[range], Doubles]) -> Doubles:
    """The mean over all rows of what the parts sum up."""
    with objective.crew.at_work():
        parts = objective.crew.over(range(0, len(objective.rows), BLOCK_ROWS), part)
    return objective.total(np.sum(parts, axis=0)) / objective.count


def _curve(objective: OverRows, weights: Floats, block: slice) -> Floats:
    """Curvatures (rows, models, outputs) of the rows of a block, row weights in them."""
    rows, curve = objective.rows, objective.plan.loss.curve
    assert curve is not None
    margins = rows.margins(weights.reshape(len(weights), -1), block)
    curves = curve(margins.reshape(-1, *weights.shape[1:]), rows.labels[block])
    if rows.weights is not None:
        curves *= rows.weights[block, None, None]
    return curves


def _level(matrix: Doubles) -> float:
    """The mean of the diagonal, never 0."""
    return float(np.mean(matrix if matrix.ndim == 1 else np.diagonal(matrix))) or 1.0


def _shrunk(matrix: Doubles, fourth: float, count: float) -> Doubles:
    """The matrix of a sample drawn towards its mean diagonal, as far as the sample is too small for its width.

    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004. `fourth`: the mean
    of the rows' squared squared lengths.
    """
    level, squares = _level(matrix), float((matrix**2).sum())
    spread = squares - len(matrix) * level**2
    noise = max(0.0, fourth - squares) / count
    share = min(1.0, noise / spread) if spread > 0 else 0.0
    shrunk: Doubles = (1 - share) * matrix
    shrunk.flat[:: len(matrix) + 1] += share * level
    return shrunk
