"""Scaling features and labels to mean 0 and deviation 1, in place, and the way back for the weights.

Mean and deviation come from the first rows, `num_point_for_scaler` of SageMaker. A feature or label that is constant
there gets them from all rows; a feature that is constant in all is switched off: it becomes 0, and its weight is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from contract.dataset import Floats
from contract.errors import UserError
from training_scripts.linear_learner.plan import Doubles, Total, alone

BLOCK_CELLS = 1 << 18
"""Cells changed at a time: what is read once is still in the cache."""
CONSTANT = 1e-12
"""A deviation below this share of the mean is rounding. One cell of float32 that differs in 10,000 rows makes 1e-9."""
LARGEST = float(np.finfo(np.float32).max)

Which: TypeAlias = slice | NDArray[np.intp]
"""Columns of a matrix."""
EVERY = slice(None)


@dataclass(frozen=True)
class Scaling:
    """`(x - shift) * factor` is what the solver sees. Shapes (features,) float32; `factor` is 0 for a constant feature.

    The label: `(y - label_shift) / label_scale`.
    """

    shift: Floats
    factor: Floats
    label_shift: float = 0.0
    label_scale: float = 1.0

    def apply(self, features: Floats, labels: Floats | None = None) -> None:
        """Scale features (rows, features), and labels (rows,), in place."""
        step = max(1, BLOCK_CELLS // max(1, features.shape[1]))
        for start in range(0, len(features), step):
            block = features[start : start + step]
            block -= self.shift
            block *= self.factor
        if labels is not None:
            labels -= np.float32(self.label_shift)
            labels /= np.float32(self.label_scale)

    def unscaled(self, weights: Floats, biases: Floats) -> tuple[Floats, Floats]:
        """Weights (..., features) and biases (...) for raw features and labels, from those for scaled ones.

        Raises UserError where float32 cannot hold them.
        """
        raw = _kept(weights.astype(np.float64) * self.factor * self.label_scale, "weight")
        # The bias makes up for the weights as they are kept: a large mean would show the digits that they have lost.
        moved = biases.astype(np.float64) * self.label_scale + self.label_shift - raw @ self.shift.astype(np.float64)
        return raw, _kept(moved, "bias")


def _kept(values: Doubles, name: str) -> Floats:
    """The values as the model keeps them. Raises UserError where one is beyond float32."""
    largest = float(np.abs(values).max())
    if not largest <= LARGEST:
        raise UserError(
            f"a {name} of the model for features and labels as they are given is {largest:.3g}, beyond float32, which "
            f"the model is kept in (up to {LARGEST:.3g}); scale the features up or the labels down",
            where="channel 'train'",
        )
    return values.astype(np.float32)


def measure(
    features: Floats,
    labels: Floats,
    *,
    rows: int,
    center: bool,
    scale: bool,
    center_label: bool = False,
    scale_label: bool = False,
    total: Total | None = None,
) -> Scaling:
    """The scaling by the first `rows` rows of each host, the same on every host.

    `center` and `scale` are unbias_data and normalize_data, the others unbias_label and normalize_label, every auto
    resolved. Features of which zeros are not stored are scaled, never centred. No second copy of the matrix is made.
    """
    summed = total or alone
    mean, deviation, constant = _measured(features, rows, summed)
    factor = 1 / np.where(constant, 1, deviation) if scale else np.ones(len(mean))
    (label_mean,), (label_deviation,), (flat,) = _measured(labels[:, None], rows, summed)
    return Scaling(
        shift=(mean if center else np.zeros(len(mean))).astype(np.float32),
        factor=np.where(constant & (center | (mean == 0)), 0, factor).astype(np.float32),
        label_shift=float(np.float32(label_mean)) if center_label else 0.0,
        label_scale=float(np.float32(label_deviation)) if scale_label and not flat else 1.0,
    )


def _measured(features: Floats, rows: int, total: Total) -> tuple[Doubles, Doubles, NDArray[np.bool_]]:
    """Mean and deviation (features,) by the first rows, or by all where those are constant, and what is constant."""
    mean, deviation = _columns(features, rows, total)
    still = np.flatnonzero(_constant(mean, deviation))
    if len(still):
        mean[still], deviation[still] = _columns(features, len(features), total, still)
    return mean, deviation, _constant(mean, deviation)


def _constant(mean: Doubles, deviation: Doubles) -> NDArray[np.bool_]:
    """So is, too, what no number of float32 scales up to a deviation of 1."""
    return np.asarray(deviation <= np.maximum(CONSTANT * np.abs(mean), 1 / LARGEST))


def _columns(features: Floats, rows: int, total: Total, which: Which = EVERY) -> tuple[Doubles, Doubles]:
    """Mean and deviation (which,) over the first rows of every host; two passes, so that large means do no harm."""
    head = features[:rows]
    sums = total(np.append(_sums(head, which, np.zeros(head[:0, which].shape[1]), 1), len(head)))
    mean = sums[:-1] / max(1.0, sums[-1])
    squares = total(_sums(head, which, mean, 2))
    return mean, np.sqrt(squares / max(1.0, sums[-1]))


def _sums(features: Floats, which: Which, mean: Doubles, power: int) -> Doubles:
    """Sums over the rows of (x - mean) ** power, (which,), in float64."""
    sums = np.zeros(len(mean))
    step = max(1, BLOCK_CELLS // max(1, features.shape[1]))
    for start in range(0, len(features), step):
        # Columns are picked block by block: of all rows at once they would be a second matrix.
        terms = features[start : start + step][:, which] - mean
        sums += terms.sum(axis=0) if power == 1 else np.einsum("ij,ij->j", terms, terms)
    return sums
