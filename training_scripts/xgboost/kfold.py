"""Repeated k-fold cross-validation over all the data (`_kfold`, `_num_cv_round`), honestly out of fold.

Every model is measured on the rows it has not seen, and only on those; the logged metrics are the means over the
models. predictions.csv has one line a row of the data, train rows first: the label, and what the models that had not
seen the row said of it (the mean over repetitions), for classes the most frequent answer as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

from contract.codecs.gather import concatenate
from contract.errors import UserError
from contract.files import write_atomically
from training_scripts.channels import ChannelData
from training_scripts.fitted import Fitted
from training_scripts.job import Job
from training_scripts.logs import LOG
from training_scripts.summary import Confusion, Residuals
from training_scripts.xgboost import artifact, checkpoint, data_checks, rounds, summarise
from training_scripts.xgboost.checkpoint import Checkpoint
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.matrix import dmatrix
from training_scripts.xgboost.plan import Plan

Rows = NDArray[np.int64]
Doubles = NDArray[np.float64]
PREDICTIONS = "predictions.csv"


def fit(
    train: ChannelData, validation: ChannelData | None, hyperparameters: Hyperparameters, plan: Plan, job: Job
) -> Fitted:
    """Train a model for every fold of every repetition. Raises UserError for what cannot be cut into folds."""
    _check(hyperparameters, plan, job)
    began = time.monotonic()
    data = concatenate((channel.load() for channel in (train, validation) if channel is not None), train.name)
    data_checks.check(data, "train", plan, alone=True)
    data_checks.check_categories(data, "train", hyperparameters)
    data_checks.check_width(data.width, hyperparameters)
    matrix = dmatrix(data, hyperparameters, plan.threads, data.width)
    held = held_out(hyperparameters, plan, matrix.get_label())
    LOG.info(
        "Run %d-round of %d-fold cross validation with %d rows",
        hyperparameters.num_cv_round or 1,
        hyperparameters.kfold,
        data.rows,
    )
    told = summarise.channel_summary(
        train, data.rows, data.width, matrix.get_label(), summarise.missing_share(data), plan.classes
    )
    names, width = data.names, data.width
    del data
    read = time.monotonic()
    done = _train(plan, matrix, held, job)
    models = [fold.trained for fold in done]
    metrics = _mean([summarise.final_metrics(model) for model in models])
    job.report(plan.rounds, metrics)
    outcome = _predictions(plan, matrix, done, job.paths.output_data)
    return Fitted(
        save=lambda directory: save(models, directory),
        schema=artifact.schema(plan, width, names),
        metrics=metrics,
        history=_mean_history(models),
        details=summarise.details(plan, models[0], hyperparameters) | {"models": len(models)},
        libraries=summarise.LIBRARIES,
        summary=summarise.summary(
            plan,
            models[0],
            hyperparameters,
            channels=(told,),
            seconds={"read": read - began, "fit": time.monotonic() - read},
            names=names,
            outcome=outcome,
            history=_mean_history(models),
            metrics=metrics,
        ),
    )


def save(models: Sequence[rounds.Trained], directory: Path) -> None:
    """Write every fold's model, as `xgboost-model-0` and so on."""
    for number, model in enumerate(models):
        artifact.save(model.booster, directory, f"{artifact.MODEL}-{number}")


def held_out(hyperparameters: Hyperparameters, plan: Plan, labels: NDArray[np.float32]) -> list[Rows]:
    """The rows held out from each model. Folds are stratified where the labels are classes: each has its share."""
    count, repetitions = hyperparameters.kfold or 0, hyperparameters.num_cv_round or 1
    if count > len(labels):
        raise UserError(f"hyperparameter '_kfold': '{count}' folds need as many rows; there are {len(labels)}")
    seed = (hyperparameters.seed or 0) % 2**32
    held: list[Rows] = []
    for repetition in range(repetitions):
        order = np.random.default_rng((seed, repetition)).permutation(len(labels))
        if plan.classes:
            order = order[np.argsort(labels[order], kind="stable")]
        held += [np.sort(order[place::count]) for place in range(count)]
    return held


@dataclass(frozen=True)
class Fold:
    """A model, and the rows it has not seen."""

    trained: rounds.Trained
    held: Rows


def _check(hyperparameters: Hyperparameters, plan: Plan, job: Job) -> None:
    why = {
        "cannot be used on several hosts": len(job.environment.hosts) > 1,
        "cannot be used with external_memory": hyperparameters.external_memory,
        f"cannot be used with {plan.objective}, whose rows belong together": plan.objective.startswith("rank:"),
        "cannot be used with several quantiles": len(hyperparameters.quantile_alpha or ()) > 1,
    }
    for reason, holds in why.items():
        if holds:
            raise UserError(f"hyperparameter '_kfold': '{hyperparameters.kfold}' {reason}")
    if plan.stopping:
        LOG.warning("early_stopping_rounds with _kfold: each fold chooses its round by the rows it is measured on")


def _train(plan: Plan, matrix: xgboost.DMatrix, held: Sequence[Rows], job: Job) -> list[Fold]:
    """The folds, from the checkpoint on; SIGTERM ends the fold it meets early, and is the end."""
    folds = [Fold(trained, rows) for trained, rows in zip(_resumed(plan, job), held, strict=False)]
    for number in range(len(folds), len(held)):
        rows = held[number]
        seen = np.setdiff1d(np.arange(matrix.num_row()), rows, assume_unique=True)
        pairs = ((matrix.slice(seen), "train"), (matrix.slice(rows), "validation"))
        trained = rounds.train(plan, pairs, rounds.Surroundings(lambda step, values: job.stopping))
        folds.append(Fold(trained, rows))
        LOG.info("Model %d of %d is trained", number + 1, len(held))
        if job.stopping:
            break
        if job.checkpoints is not None:
            job.checkpoints.save(number + 1, _encode([fold.trained for fold in folds]))
    return folds


def _resumed(plan: Plan, job: Job) -> list[rounds.Trained]:
    found = job.checkpoints.newest(_decode) if job.checkpoints is not None else None
    if found is None:
        return []
    LOG.info("Resuming after model %d", found[0])
    return [
        rounds.Trained(
            xgboost.Booster(dict(plan.parameters), model_file=bytearray(state.model)), state.progress, state.rounds
        )
        for state in found[1]
    ]


def _encode(models: Sequence[rounds.Trained]) -> bytes:
    """A line of JSON with the sizes, then every model's checkpoint."""
    parts = [
        checkpoint.encode(Checkpoint(model.rounds, bytes(model.booster.save_raw("ubj")), model.progress))
        for model in models
    ]
    return json.dumps([len(part) for part in parts]).encode() + b"\n" + b"".join(parts)


def _decode(data: bytes) -> list[Checkpoint]:
    line, _, rest = data.partition(b"\n")
    return [checkpoint.decode(part) for part in _cut(rest, json.loads(line))]


def _cut(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for size in sizes:
        yield data[start : start + size]
        start += size


def _mean(values: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([each[name] for each in values])) for name in values[0]}


def _mean_history(models: Sequence[rounds.Trained]) -> dict[str, list[float]]:
    """Metrics by round, the mean over the models, up to the round that all of them have."""
    histories = [model.progress.history for model in models]
    common = min(len(values) for history in histories for values in history.values())
    return {name: np.mean([history[name][:common] for history in histories], axis=0).tolist() for name in histories[0]}


def _predictions(
    plan: Plan, matrix: xgboost.DMatrix, folds: Sequence[Fold], directory: Path
) -> Confusion | Residuals | None:
    """Write predictions.csv, and tell the report how the predictions fare. Rows no model has held out yet are left
    out."""
    columns = max(plan.classes, 1)
    sums, votes = np.zeros((matrix.num_row(), columns)), np.zeros((matrix.num_row(), columns), dtype=np.int64)
    asked = np.zeros(matrix.num_row(), dtype=np.int64)
    for fold in folds:
        part = matrix.slice(fold.held)
        scores = _scores(plan, fold.trained.booster, part)
        sums[fold.held] += scores
        votes[fold.held, scores.argmax(axis=1)] += 1
        asked[fold.held] += 1
    known = np.flatnonzero(asked)
    means, chosen = sums[known] / asked[known, None], votes[known].argmax(axis=1)
    truth = matrix.get_label()[known]
    if plan.objective.startswith(("binary:", "multi:")):
        likely = means[:, 1] if plan.classes == 2 else means[np.arange(len(known)), chosen]
        lines = [
            f"{label:g},{mean!r},{mode}\n"
            for label, mean, mode in zip(truth.tolist(), likely.tolist(), chosen.tolist(), strict=True)
        ]
    else:
        lines = [f"{label!r},{mean!r}\n" for label, mean in zip(truth.tolist(), means[:, -1].tolist(), strict=True)]
    directory.mkdir(parents=True, exist_ok=True)
    write_atomically(directory / PREDICTIONS, "".join(lines).encode())
    return summarise.outcome_of(truth, chosen if plan.classes else means[:, 0], "held-out", plan)


def _scores(plan: Plan, booster: xgboost.Booster, matrix: xgboost.DMatrix) -> Doubles:
    """(rows, classes) probabilities, or (rows, 1) predictions."""
    if not plan.classes:
        predicted = booster.predict(matrix).astype(np.float64)
        return predicted.reshape(len(predicted), -1)
    margin = booster.predict(matrix, output_margin=True).astype(np.float64)
    if margin.ndim == 1:
        positive = (margin > 0).astype(np.float64) if plan.objective == "binary:hinge" else 1 / (1 + np.exp(-margin))
        return np.stack([1 - positive, positive], axis=1)
    powers = np.exp(margin - margin.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
