"""The epochs of a training: train, measure, log, keep the best, stop early."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from contract.dataset import Floats
from training_scripts import builtin_metrics
from training_scripts.linear_learner import lines, scoring, texts, thresholds
from training_scripts.linear_learner.checkpoint import Checkpoint
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.plan import Doubles, Plan
from training_scripts.linear_learner.progress import Progress
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.solver import Solver
from training_scripts.linear_learner.thresholds import Criterion
from training_scripts.logs import LOG

SAMPLED = 1 << 15
"""Rows of a host on which thresholds are tried after every epoch, for every model."""


@dataclass(frozen=True)
class Surroundings:
    """What the epochs ask of the job. `stopping` says after an epoch whether it is the last one, `keep` saves a
    checkpoint (None: this host saves none)."""

    host: str
    group: Group
    stopping: Callable[[int], bool]
    keep: Callable[[Checkpoint], None] | None = None


@dataclass(frozen=True)
class Patience:
    """Early stopping: after so many epochs without an improvement of this share."""

    epochs: int
    tolerance: float


@dataclass
class Epochs:
    """One training. `validation` holds this host's rows of that channel, None where the job has none."""

    solver: Solver
    plan: Plan
    judge: Judge
    criterion: Criterion
    patience: Patience
    rows: float
    """Of the train channel on all hosts."""
    validation: Rows | None
    surroundings: Surroundings
    progress: Progress
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Step -> what it took in each epoch."""
    _sample: Rows | None = field(default=None, init=False)
    _labels: Floats | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.validation is not None and self._by_threshold:
            most = min(SAMPLED, max(1, len(self.validation)))
            self._sample = scoring.sample(self.validation, most)
            self._labels = self.surroundings.group.gathered(np.ascontiguousarray(self._sample.labels))

    def run(self) -> None:
        """Train from the first epoch, or from where `progress` was left, to the last one or an early end."""
        while self._more():
            whole = self._epoch()
            epoch = self.progress.epochs - 1
            stop = self.surroundings.stopping(epoch)
            # From within an epoch no training goes on as an unbroken one would: the checkpoint before it stays.
            if self.surroundings.keep is not None and whole:
                self.surroundings.keep(Checkpoint(self.progress, dict(self.solver.state())))
            if self.progress.finished and self.progress.epochs < self.plan.epochs:
                LOG.info("Epoch %d: the solution is found, more epochs would not change it", epoch)
            if stop or not whole:
                break

    def _more(self) -> bool:
        """Whether there is an epoch to come: as an unbroken training decides, so does one that resumes."""
        progress = self.progress
        return progress.epochs < self.plan.epochs and progress.stale < self.patience.epochs and not progress.finished

    def _epoch(self) -> bool:
        """One epoch; whether it was a whole one."""
        began = time.time()
        result = self.solver.epoch()
        trained = time.time()
        self.progress.add("train", result.train_losses)
        weights, biases = self.solver.weights()
        columns = scoring.columns_of(weights, biases)
        values, losses = self._values(columns, result.train_losses)
        value, _ = self.progress.judge(
            values,
            losses,
            weights,
            biases,
            maximize=self._by_threshold and self.validation is not None,
            tolerance=self.patience.tolerance,
        )
        judged = time.time()
        self.seconds.setdefault("update.time", []).append(trained - began)
        self.seconds.setdefault("check_early_stopping.time", []).append(judged - trained)
        if self.surroundings.group.leads:
            self._tell((began, judged), trained - began, value)
        self.progress.finished = result.finished
        return result.whole

    @property
    def _by_threshold(self) -> bool:
        """Whether models are compared by what their best threshold is worth, not by their loss."""
        return self.judge.task.criterion != texts.LOSS

    def _values(self, columns: Floats, train: Doubles) -> tuple[Doubles, Doubles]:
        """Criterion and loss of each model, both (models,): on validation, else the loss on train is both."""
        if self.validation is None:
            return train, train
        group = self.surroundings.group
        losses = scoring.mean_losses(self.validation, columns, self.judge.loss, group)
        losses = losses * self.judge.task.unit(self.judge.label_scale)
        self.progress.add("validation", losses)
        if self._sample is None or self._labels is None:
            return losses, losses
        scores = scoring.all_scores(self._sample, columns, self.judge.loss)
        scores = group.gathered(scores.ravel()).reshape(-1, scores.shape[1])
        worth = [
            thresholds.value(scores[:, model], self._labels, self.criterion) if np.isfinite(losses[model]) else np.nan
            for model in range(len(losses))
        ]
        return np.array(worth), losses

    def _tell(self, span: tuple[float, float], seconds: float, value: float) -> None:
        host, task, epoch = self.surroundings.host, self.judge.task, self.progress.epochs - 1
        latest = {channel: all_of[-1] for channel, all_of in self.progress.losses.items()}
        lines.models_of_epoch(host, span, epoch, task.objective, latest)
        for channel, losses in latest.items():
            lines.of_epoch(host, epoch, channel, task.objective, losses[0])
        name = task.criterion_name if self.validation is not None else task.objective
        lines.criterion(host, epoch, name, value)
        lines.verdict(epoch, self.progress.stale)
        builtin_metrics.progress(host, epoch + 1, self.plan.epochs)
        batches = -(-int(self.rows) // self.plan.batch_rows)
        lines.records(host, span, int(self.rows), batches, epoch + 1)
        builtin_metrics.throughput(host, int(self.rows), seconds)
