"""The final metrics of one model on a channel, in the order of the built-in's lines.

All are made of sums over the rows, so that hosts can add theirs up; only the area under the ROC curve takes every
score. Rows count alike, but in the objective, where they count as in training. `dcg` is the mean over the rows of
1 / log2(1 + the rank of the true class). Other formulas: scikit-learn's user guide, "Metrics and scoring".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from contract.dataset import Floats
from contract.linear_tasks import BINARY, MULTICLASS, REGRESSOR
from contract.metric import Direction
from training_scripts import confusion
from training_scripts.confusion import Tally
from training_scripts.linear_learner import scoring
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.losses import Loss
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.task import Task

LOSSES = ("mse", "rmse", "absolute_loss")
"""Beside the objective, the metrics of which less is better."""
_AT_ONCE = 1 << 20
"""Scores looked up at a time, which takes eight bytes each."""


@dataclass(frozen=True)
class Judge:
    """All that turns margins into metrics. `label_scale` is the deviation of the labels before they were scaled, and
    `threshold` the least score of class 1."""

    task: Task
    loss: Loss
    label_scale: float = 1.0
    threshold: float = 0.5
    f_beta: float = 1.0
    top_k: int = 3

    def metrics(self, rows: Rows, columns: Floats, group: Group) -> dict[str, float]:
        """Name -> value of the one model `columns` (features + 1, outputs) on the scaled `rows` of all hosts.

        What is not defined, such as the area under a curve of one class, is left out.
        """
        objective = self.objective(scoring.mean_losses(rows, columns, self.loss, group)[0])
        of_task = {REGRESSOR: self._numbers, BINARY: self._two, MULTICLASS: self._classes}
        values = {self.task.objective: objective} | of_task[self.task.predictor_type](rows, columns, group)
        return {name: value for name, value in values.items() if not math.isnan(value)}

    def objective(self, mean_loss: float) -> float:
        """The loss in units of the labels as they were given."""
        return float(mean_loss) * self.task.unit(self.label_scale)

    def kind(self, name: str) -> str:
        """What the log calls it: `loss` or `score`."""
        return "loss" if name == self.task.objective or name in LOSSES else "score"

    def direction(self, name: str) -> Direction:
        return "Minimize" if self.kind(name) == "loss" or name == "multiclass_log_loss" else "Maximize"

    def _numbers(self, rows: Rows, columns: Floats, group: Group) -> dict[str, float]:
        sums = np.zeros(3)
        for part, margins in scoring.blocks(rows, columns, self.loss):
            residuals = (margins[:, 0, 0] - rows.labels[part]).astype(np.float64)
            sums += (len(residuals), np.square(residuals).sum(), np.abs(residuals).sum())
        count, squares, sizes = group.total(sums)
        mse = squares / count * self.label_scale**2
        return {"mse": mse, "absolute_loss": sizes / count * self.label_scale, "rmse": math.sqrt(mse)}

    def _two(self, rows: Rows, columns: Floats, group: Group) -> dict[str, float]:
        scores = scoring.all_scores(rows, columns, self.loss)[:, 0]
        predicted = (scores >= np.float32(self.threshold)).astype(np.int64)
        tally = _total(Tally.of_rows(rows.labels, predicted, 2), group)
        positive = rows.labels > 0
        area = auc(group.gathered(scores[positive]), group.gathered(scores[~positive]))
        f_scores = partial(confusion.f_scores, beta=self.f_beta)
        return {
            "binary_classification_accuracy": confusion.accuracy(tally),
            f"binary_f_{self.f_beta:.3f}": confusion.of_class_1(f_scores)(tally),
            "precision": confusion.of_class_1(confusion.precisions)(tally),
            "recall": confusion.of_class_1(confusion.recalls)(tally),
            "roc_auc_score": area,
        }

    def _classes(self, rows: Rows, columns: Floats, group: Group) -> dict[str, float]:
        classes = self.task.classes
        tallies, sums = np.zeros((3, classes)), np.zeros(4)
        for part, margins in scoring.blocks(rows, columns, self.loss):
            truth = rows.labels[part].astype(np.int64)
            own = np.take_along_axis(margins[:, 0], truth[:, None], axis=1)
            ranks = (margins[:, 0] > own).sum(axis=1)
            losses, _ = self.loss.evaluate(margins, rows.labels[part])
            one = Tally.of_rows(truth, margins[:, 0].argmax(axis=1), classes)
            tallies += (one.hits, one.predicted, one.actual)
            gain = (1 / np.log2(2 + ranks)).sum()
            sums += (len(truth), (ranks < self.top_k).sum(), gain, losses.sum(dtype=np.float64))
        tally = _total(Tally(*tallies), group)
        count, top, gain, loss = group.total(sums)
        return {
            "multiclass_accuracy": confusion.accuracy(tally),
            f"multiclass_top_k_accuracy_{self.top_k}": top / count,
            "dcg": gain / count,
            "macro_recall": confusion.macro(confusion.recalls)(tally),
            "macro_precision": confusion.macro(confusion.precisions)(tally),
            f"macro_f_{self.f_beta:.3f}": confusion.macro(partial(confusion.f_scores, beta=self.f_beta))(tally),
            "multiclass_balanced_accuracy": confusion.balanced_accuracy(tally),
            "multiclass_log_loss": loss / count,
        }


def auc(positive: Floats, negative: Floats) -> float:
    """The chance that a row of class 1 scores above one of class 0, ties counting half; NaN where there is no pair."""
    if not len(positive) or not len(negative):
        return math.nan
    ordered = np.sort(negative)
    below = 0.0
    for start in range(0, len(positive), _AT_ONCE):
        part = positive[start : start + _AT_ONCE]
        below += float(np.searchsorted(ordered, part, "left").sum() + np.searchsorted(ordered, part, "right").sum())
    return below / 2 / (len(positive) * len(negative))


def _total(tally: Tally, group: Group) -> Tally:
    return Tally(*group.total(np.stack([tally.hits, tally.predicted, tally.actual])))
