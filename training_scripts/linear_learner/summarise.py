"""A trained model, told for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import safetensors

from contract.dataset import Floats
from contract.hyperparameters import given
from training_scripts import outcome
from training_scripts.linear_learner import scoring
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.progress import Best, Losses
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.scaler import Scaling
from training_scripts.summary import ChannelSummary, Confusion, Residuals, Summary

LIBRARIES = {"numpy": np.__version__, "safetensors": safetensors.__version__}


def summary(
    judge: Judge,
    best: Best,
    losses: Losses,
    metrics: Mapping[str, float],
    hyperparameters: Hyperparameters,
    channels: Sequence[ChannelSummary],
    seconds: Mapping[str, float],
    found: Confusion | Residuals | None,
) -> Summary:
    """Everything the report shows of a fit. `metrics` by the names "validation-mse"."""
    history = history_of(judge, best, losses)
    bare = {name.partition("-")[2] for name in (*history, *metrics)}
    return Summary(
        title=f"Linear Learner, {judge.task.predictor_type}, {judge.task.loss}",
        history=history,
        directions={name: judge.direction(name) for name in bare},
        best_round=best.epoch,
        metrics=metrics,
        importances=importances(best),
        importance_kind="weight times deviation",
        confusion=found if isinstance(found, Confusion) else None,
        residuals=found if isinstance(found, Residuals) else None,
        channels=channels,
        hyperparameters=given(hyperparameters),
        seconds=seconds,
        libraries=LIBRARIES,
    )


def history_of(judge: Judge, best: Best, losses: Losses) -> dict[str, list[float]]:
    """The losses of the chosen model in every epoch, all in the labels' own units, so that they share a picture:
    "train-mse_objective" -> one value an epoch."""
    units = {"train": judge.task.unit(judge.label_scale)}
    return {
        f"{channel}-{judge.task.objective}": [units.get(channel, 1.0) * each[best.model] for each in all_of]
        for channel, all_of in losses.items()
    }


def importances(best: Best) -> dict[str, float]:
    """Feature -> the size of its weight times the feature's deviation, which is the weight of the scaled feature."""
    sizes = np.abs(best.weights).sum(axis=0)
    return {f"f{feature}": float(size) for feature, size in enumerate(sizes)}


def outcome_of(
    rows: Rows, columns: Floats, judge: Judge, scaling: Scaling, channel: str
) -> Confusion | Residuals | None:
    """The model's hits and misses on this host's rows of a channel."""
    answers = np.empty(len(rows), dtype=np.float32)
    for part, margins in scoring.blocks(rows, columns, judge.loss):
        scores = scoring.scores_of(margins, judge.loss)[:, 0]
        answers[part] = scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0]
    if judge.task.binary:
        answers = (answers >= np.float32(judge.threshold)).astype(np.float32)
    if judge.task.classes:
        return outcome.of_classes(rows.labels, answers.astype(np.int64), channel, judge.task.classes)
    shift, scale = np.float32(scaling.label_shift), np.float32(scaling.label_scale)
    return outcome.of_numbers(rows.labels * scale + shift, answers * scale + shift, channel)
