"""A trained model, told for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import safetensors

from contract.dataset import Floats
from contract.hyperparameters import given
from training_scripts import outcome
from training_scripts.linear_learner import scoring, texts
from training_scripts.linear_learner.artifact import Model
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.progress import Best, Progress
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.scaler import Scaling
from training_scripts.summary import ChannelSummary, Confusion, Residuals, Summary, Table

SHOWN, CLASSES = 20, 8
"""Features and classes whose coefficients the report lists."""
LIBRARIES = {"numpy": np.__version__, "safetensors": safetensors.__version__}


def summary(
    judge: Judge,
    best: Best,
    progress: Progress,
    metrics: Mapping[str, float],
    hyperparameters: Hyperparameters,
    channels: Sequence[ChannelSummary],
    seconds: Mapping[str, float],
    found: Confusion | Residuals | None,
    model: Model,
) -> Summary:
    """Everything the report shows of a fit. `metrics` by the names "validation-mse"."""
    history = history_of(judge, best, progress)
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
        sections=(_choice(judge, best, validated="validation" in progress.losses), _coefficients(judge, best, model)),
    )


def _choice(judge: Judge, best: Best, *, validated: bool) -> Table:
    """What the model was chosen by, and what its labels are decided by."""
    task = judge.task
    by = f"{task.criterion_name} on validation" if validated else f"{task.objective} on train"
    rows = [("chosen by", by), ("its value", f"{best.value:g}"), ("in epoch", str(best.epoch))]
    if task.binary:
        rows.append(("label is 1 from a score of", f"{judge.threshold:g}"))
    return Table("The chosen model", ("", "value"), rows, figures=1)


def _coefficients(judge: Judge, best: Best, model: Model) -> Table:
    """The weights of raw features, those of the most important ones, and the intercept."""
    most = sorted(range(model.weights.shape[1]), key=lambda feature: -np.abs(best.weights[:, feature]).sum())[:SHOWN]
    names = ["weight"] if len(model.bias) == 1 else [f"class {output}" for output in range(len(model.bias))][:CLASSES]
    rows = [("intercept", *(f"{value:.6g}" for value in model.bias[: len(names)]))]
    rows += [(f"f{feature}", *(f"{w:.6g}" for w in model.weights[: len(names), feature])) for feature in most]
    left = model.weights.shape[1] - len(most)
    note = "Of features as they are in the data, the most important ones first." + (f" {left:,} more." if left else "")
    return Table("Coefficients", ("feature", *names), rows, figures=len(names), note=note)


def history_of(judge: Judge, best: Best, progress: Progress) -> dict[str, list[float]]:
    """What the chosen model was chosen by, where that is not a loss, and its losses, all in the labels' own units, so
    that they share a picture: "train-mse_objective" -> one value an epoch."""
    task, units = judge.task, {"train": judge.task.unit(judge.label_scale)}
    told = {
        f"{channel}-{task.objective}": [units.get(channel, 1.0) * each[best.model] for each in all_of]
        for channel, all_of in progress.losses.items()
    }
    if task.criterion == texts.LOSS or "validation" not in progress.losses:
        return told
    return {f"validation-{task.criterion_name}": [each[best.model] for each in progress.values]} | told


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
