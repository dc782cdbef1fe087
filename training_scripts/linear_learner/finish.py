"""What follows the last epoch: the threshold, the final metrics of the best model, and all that `fit` hands back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.dataset import Floats
from contract.errors import UserError
from training_scripts.fitted import Fitted
from training_scripts.linear_learner import lines, planning, scoring, summarise, texts, thresholds
from training_scripts.linear_learner.artifact import Model
from training_scripts.linear_learner.epochs import Epochs
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.progress import Best
from training_scripts.linear_learner.reading import Data
from training_scripts.linear_learner.rows import Rows
from training_scripts.logs import LOG

CALIBRATED_ON_TRAIN = 250_000
"""Rows that stand for the train channel where there is no other to choose the threshold on."""


@dataclass(frozen=True)
class Course:
    """A finished training: the data, this host's scaled rows by channel, and its epochs."""

    hyperparameters: Hyperparameters
    data: Data
    rows: Mapping[str, Rows]
    epochs: Epochs
    began: float
    read: float
    """When the job began, and when its data was read; seconds since 1970."""


def finish(course: Course) -> Fitted | None:
    """Judge the best model and hand it over; None on a host that leaves writing the model to another.

    Raises UserError where no model has learnt anything, or float32 cannot hold the best one.
    """
    epochs, hosts = course.epochs, course.epochs.surroundings.group
    best = epochs.progress.best
    if best is None:
        raise UserError(
            "the loss of every model became infinite; give a lower 'learning_rate', or leave normalize_data on"
        )
    # First of all: no metrics are told of a model that cannot be kept.
    raw = course.data.scaling.unscaled(best.weights, best.biases)
    columns = scoring.columns_of(best.weights[None], best.biases[None])
    trained = time.time()
    channel = "validation" if "validation" in course.rows else "train"
    judge = epochs.judge
    if judge.task.binary:
        judge = replace(judge, threshold=_threshold(course, columns, course.rows[channel], judge, hosts))
    values = {
        name: judge.metrics(course.rows[name], columns, hosts) for name in (channel, "test") if name in course.rows
    }
    if not hosts.leads:
        return None
    _tell(course, judge, values, channel, best, trained)
    model = Model(judge.task, *raw, judge.threshold if judge.task.binary else None)
    return _fitted(course, judge, values, channel, best, columns, trained, model)


def _threshold(course: Course, columns: Floats, rows: Rows, judge: Judge, hosts: Group) -> float:
    """Chosen on a sample of the rows, by the criterion; the loss knows but its own."""
    if judge.task.criterion == texts.LOSS:
        return judge.task.natural_threshold
    most = course.hyperparameters.calibration_rows
    if course.epochs.validation is None:
        most = min(most, CALIBRATED_ON_TRAIN)
    few = scoring.sample(rows, most, hosts)
    return thresholds.best(
        hosts.gathered(scoring.all_scores(few, columns, judge.loss)[:, 0]),
        hosts.gathered(few.labels),
        planning.criterion_of(course.hyperparameters),
        natural=judge.task.natural_threshold,
        ends=(0.0, 1.0) if judge.task.loss == "logistic" else None,
    )


def _tell(
    course: Course, judge: Judge, values: Mapping[str, dict[str, float]], channel: str, best: Best, trained: float
) -> None:
    epochs = course.epochs
    host = epochs.surroundings.host
    lines.final(host, channel, values[channel], judge.kind)
    lines.winner(epochs.plan.settings[best.model], epochs.solver.optimizer)
    if "test" in values:
        lines.final(host, "test", values["test"], judge.kind)
    else:
        LOG.info("Test data is not provided.")
    ended = time.time()
    seconds = {
        "initialize.time": [course.read - course.began],
        **epochs.seconds,
        "finalize.time": [ended - trained],
        "setuptime": [course.read - course.began],
        "totaltime": [ended - course.began],
    }
    lines.times(host, (course.began, ended), epochs.progress.epochs, seconds)


def _fitted(
    course: Course,
    judge: Judge,
    values: Mapping[str, dict[str, float]],
    channel: str,
    best: Best,
    columns: Floats,
    trained: float,
    model: Model,
) -> Fitted:
    metrics = {f"{name}-{metric}": value for name, all_of in values.items() for metric, value in all_of.items()}
    summary = summarise.summary(
        judge,
        best,
        course.epochs.progress,
        metrics,
        course.hyperparameters,
        channels=[each.summary for each in course.data.tables.values()],
        seconds={"read": course.read - course.began, "fit": trained - course.read, "score": time.time() - trained},
        found=summarise.outcome_of(course.rows[channel], columns, judge, course.data.scaling, channel),
        model=model,
    )
    return Fitted(
        save=lambda directory: model.save(directory, best.epoch),
        schema=model.schema,
        metrics=metrics,
        history=summary.history,
        details=model.details,
        libraries=summarise.LIBRARIES,
        summary=summary,
    )
