"""The squared loss of all models from one matrix product: exact for every wd, and no pass over the rows after it."""

from __future__ import annotations

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner.crew import Crew, blocks
from training_scripts.linear_learner.curvature import Curvature
from training_scripts.linear_learner.objective import Chosen, Point, decays, penalised
from training_scripts.linear_learner.plan import Doubles, Plan, Total, alone
from training_scripts.linear_learner.rows import Rows

BLOCK_ROWS = 1 << 11
LARGE_MEAN = 1.0
"""Means above so many deviations would drown the deviations in float32: they are subtracted first."""


class Gram:
    """An Objective of the squared loss. Sums are taken in float32 over blocks, in float64 over these."""

    def __init__(self, plan: Plan, rows: Rows, crew: Crew, total: Total | None = None) -> None:
        total = total or alone
        self.plan = plan
        self.decays = decays(plan, rows.width)
        self._shift = _shift(rows, total)
        width = rows.width + 1
        with crew.at_work():
            parts = crew.over(range(0, len(rows), BLOCK_ROWS), lambda starts: self._sums(rows, starts))
        sums = total(np.sum(parts, axis=0))
        sums /= sums[-1]
        self._products = sums[: width**2].reshape(width, width)
        self._targets, self._square = sums[width**2 : -2], float(sums[-2])

    def at(self, weights: Doubles, models: Chosen) -> Point:
        """See Objective."""
        columns = weights[:, :, 0].copy()
        columns[-1] += self._shift @ columns[:-1]
        pulled = self._products @ columns
        losses = (columns * (pulled - 2 * self._targets[:, None])).sum(axis=0) + self._square
        gradients = 2 * (pulled - self._targets[:, None])
        gradients[:-1] += self._shift[:, None] * gradients[-1]
        return penalised(self, weights, models, losses.clip(min=0), gradients[:, :, None])

    def curvature(self) -> Curvature:
        """The second derivatives, which are the same everywhere."""
        matrix, mean = self._products[:-1, :-1], self._products[:-1, -1]
        if self.plan.use_bias:
            matrix = matrix - np.outer(mean, mean)
            centre = mean + self._shift
        else:
            moved = np.outer(self._shift, mean)
            matrix = matrix + moved + moved.T + np.outer(self._shift, self._shift)
            centre = np.zeros(len(mean))
        return Curvature(2 * matrix, centre, 2.0, np.ones((len(self.plan.settings), 1)))

    def _sums(self, rows: Rows, starts: range) -> Doubles:
        """Of a part of the rows: products of features and a 1, their products with labels, of labels, and weights."""
        width = rows.width
        products, targets, square, count = np.zeros((width + 1, width + 1)), np.zeros(width + 1), 0.0, 0.0
        shift = self._shift.astype(np.float32) if self._shift.any() else None
        for block in blocks(starts):
            features, labels = rows.features[block], rows.labels[block]
            if shift is not None:
                features = features - shift
            ones: Floats = np.ones(len(labels), dtype=np.float32)
            if rows.weights is not None:
                ones = np.sqrt(rows.weights[block])
                features, labels = features * ones[:, None], labels * ones
            products[:-1, :-1] += features.T @ features
            products[:-1, -1] += features.T @ ones
            products[-1, -1] += float(ones @ ones)
            targets[:-1] += features.T @ labels
            targets[-1] += float(labels @ ones)
            square += float(labels @ labels)
            count += float(ones @ ones)
        products[-1, :-1] = products[:-1, -1]
        return np.concatenate([products.ravel(), targets, [square, count]])


def _shift(rows: Rows, total: Total) -> Doubles:
    """The means of the first rows where they are large beside the deviations, else 0."""
    head = rows.features[:BLOCK_ROWS].astype(np.float64)
    sums = total(np.concatenate([head.sum(axis=0), (head**2).sum(axis=0), [float(len(head))]]))
    mean, square = np.split(sums[:-1] / max(1.0, sums[-1]), 2)
    large = mean**2 > LARGE_MEAN**2 / (1 + LARGE_MEAN**2) * square
    return np.where(large, mean, 0.0).astype(np.float32).astype(np.float64)
