"""What models say of a channel's rows: losses, margins and scores, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from contract.dataset import Floats
from training_scripts.linear_learner import losses
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.losses import Loss
from training_scripts.linear_learner.plan import Doubles
from training_scripts.linear_learner.rows import Rows

CELLS = 1 << 20
"""Of a block: its features, and the margins made of them."""


def columns_of(weights: Floats, biases: Floats) -> Floats:
    """The matrix (features + 1, models * outputs), the bias last, of weights (models, outputs, features) and biases
    (models, outputs)."""
    features = weights.shape[-1]
    flat = np.concatenate([weights.reshape(-1, features), biases.reshape(-1, 1)], axis=1)
    return np.ascontiguousarray(flat.T, dtype=np.float32)


def blocks(rows: Rows, columns: Floats, loss: Loss) -> Iterator[tuple[slice, Floats]]:
    """(which rows, their margins (rows, models, outputs)) over all rows."""
    step = max(1, CELLS // max(1, rows.width + columns.shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, min(start + step, len(rows)))
        with np.errstate(over="ignore", invalid="ignore"):  # of models that have lost their way
            margins = rows.margins(columns, part)
        yield part, margins.reshape(len(margins), -1, loss.outputs)


def mean_losses(rows: Rows, columns: Floats, loss: Loss, group: Group) -> Doubles:
    """The mean loss of each model (models,) over the rows of all hosts, rows counting by their weight.

    NaN for a model whose weights are not finite any more.
    """
    models = columns.shape[1] // loss.outputs
    sums = np.zeros(models + 1)
    for part, margins in blocks(rows, columns, loss):
        with np.errstate(over="ignore", invalid="ignore"):
            values, _ = loss.evaluate(margins, rows.labels[part])
        if rows.weights is not None:
            values *= rows.weights[part, None]
        sums[:-1] += values.sum(axis=0, dtype=np.float64)
        sums[-1] += len(values) if rows.weights is None else rows.weights[part].sum(dtype=np.float64)
    sums = group.total(sums)
    means: Doubles = sums[:-1] / max(sums[-1], 1e-300)
    return np.where(np.isfinite(means), means, np.nan)


def scores_of(margins: Floats, loss: Loss) -> Floats:
    """What the model answers: probabilities of a logistic or softmax loss, else the margins; of the same shape."""
    return losses.probabilities(margins) if loss.name in ("logistic", "softmax_loss") else margins


def sample(rows: Rows, most: int, group: Group | None = None) -> Rows:
    """At most `most` of the rows, evenly from all of them, as views; of a `group`, at most so many on all hosts."""
    start, count = (group or Group()).place(len(rows))
    step = -(-count // max(1, most)) or 1
    part = slice(-start % step, None, step)
    weights = rows.weights if rows.weights is None else rows.weights[part]
    return Rows(rows.features[part], rows.labels[part], weights)


def all_scores(rows: Rows, columns: Floats, loss: Loss) -> Floats:
    """Scores (rows, models) of a loss of one output."""
    scores = np.empty((len(rows), columns.shape[1]), dtype=np.float32)
    for part, margins in blocks(rows, columns, loss):
        scores[part] = scores_of(margins, loss)[..., 0]
    return scores
