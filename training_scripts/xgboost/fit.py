"""One fit: channels -> matrices -> rounds -> Fitted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import xgboost

from training_scripts import collective
from training_scripts.channels import ChannelData
from training_scripts.fitted import Fitted
from training_scripts.job import Job
from training_scripts.logs import LOG
from training_scripts.summary import ChannelSummary
from training_scripts.xgboost import (
    artifact,
    checkpoint,
    data_checks,
    external,
    kfold,
    rounds,
    summarise,
)
from training_scripts.xgboost.errors import explained
from training_scripts.xgboost.hyperparameters import Hyperparameters
from training_scripts.xgboost.matrix import dmatrix
from training_scripts.xgboost.plan import Plan, plan


@dataclass(frozen=True)
class Matrices:
    """The data, ready for training: (matrix, channel name), train first."""

    pairs: tuple[tuple[xgboost.DMatrix, str], ...]
    summaries: tuple[ChannelSummary, ...]
    width: int
    names: tuple[str, ...] | None


def fit(
    train: ChannelData, validation: ChannelData | None, hyperparameters: Hyperparameters, job: Job
) -> Fitted | None:
    """Train as the hyperparameters say; None on a host that leaves writing the model to another.

    Raises UserError for data or hyperparameters that cannot be trained with, PlatformError where hosts lose each other
    or the disk is full, AlgorithmError for whatever else XGBoost complains of.
    """
    for name, reason in hyperparameters.without_effect().items():
        LOG.warning("Hyperparameter '%s': %s", name, reason)
    if hyperparameters.csv_weights and train.content_type != "text/csv":
        LOG.warning("Hyperparameter 'csv_weights': no effect on %s, which has no weight column", train.content_type)
    planned = plan(
        hyperparameters,
        job.cpus,
        validated=validation is not None or hyperparameters.kfold is not None,
        checkpointed=job.checkpoints is not None,
    )
    with explained():
        if hyperparameters.kfold is not None:
            return kfold.fit(train, validation, hyperparameters, planned, job)
        empty = train.empty or (validation is not None and validation.empty)
        with collective.joined(job.environment, has_data=not empty) as member:
            if not member:
                return None
            with external.scratch() if hyperparameters.external_memory else nullcontext(Path()) as folder:
                return _fit(train, validation, hyperparameters, planned, job, folder)


def _fit(
    train: ChannelData,
    validation: ChannelData | None,
    hyperparameters: Hyperparameters,
    planned: Plan,
    job: Job,
    folder: Path,
) -> Fitted | None:
    began = time.monotonic()
    data = _read((train,) if validation is None else (train, validation), hyperparameters, planned, folder)
    read = time.monotonic()
    with collective.guarded():
        trained = rounds.train(planned, data.pairs, _surroundings(planned, job), _resumed(planned, job))
    if not collective.leads():
        return None
    seconds = {"read": read - began, "fit": time.monotonic() - read}
    history, metrics = trained.progress.history, summarise.final_metrics(trained)
    matrix, channel = data.pairs[-1]
    outcome = summarise.outcome(trained.booster, matrix, channel, planned)
    return Fitted(
        save=lambda directory: artifact.save(trained.booster, directory),
        schema=artifact.schema(planned, data.width, data.names),
        metrics=metrics,
        history=history,
        details=summarise.details(planned, trained, hyperparameters),
        libraries=summarise.LIBRARIES,
        summary=summarise.summary(
            planned,
            trained,
            hyperparameters,
            channels=data.summaries,
            seconds=seconds,
            names=data.names,
            outcome=outcome,
            history=history,
            metrics=metrics,
        ),
    )


def _read(channels: tuple[ChannelData, ...], hyperparameters: Hyperparameters, planned: Plan, folder: Path) -> Matrices:
    """Read the channels, train first. Of each, the numpy matrix is gone once XGBoost has its own."""
    if hyperparameters.external_memory:
        external.check(hyperparameters)
    pairs: list[tuple[xgboost.DMatrix, str]] = []
    summaries: list[ChannelSummary] = []
    names = None
    for channel in channels:
        reference = pairs[0][0] if pairs else None
        if hyperparameters.external_memory:
            matrix, summary, seen = external.load(channel, hyperparameters, planned, folder, reference)
        else:
            matrix, summary, seen = _load(channel, hyperparameters, planned, reference)
        names = names or seen
        pairs.append((matrix, channel.name))
        summaries.append(summary)
    train = pairs[0][0]
    LOG.info("Train matrix has %d rows and %d columns", train.num_row(), train.num_col())
    for matrix, _ in pairs[1:]:
        LOG.info("Validation matrix has %d rows", matrix.num_row())
    return Matrices(tuple(pairs), tuple(summaries), train.num_col(), names)


def _load(
    channel: ChannelData, hyperparameters: Hyperparameters, planned: Plan, reference: xgboost.DMatrix | None
) -> tuple[xgboost.DMatrix, ChannelSummary, tuple[str, ...] | None]:
    data = channel.load()
    width = collective.widest(data.width) if reference is None else reference.num_col()
    data_checks.check_width(width, hyperparameters)
    data_checks.check(data, channel.name, planned, alone=not collective.several())
    data_checks.check_categories(data, channel.name, hyperparameters)
    matrix = dmatrix(data, hyperparameters, planned.threads, width)
    missing = summarise.missing_share(data)
    summary = summarise.channel_summary(channel, data.rows, width, matrix.get_label(), missing, planned.classes)
    return matrix, summary, data.names


def _surroundings(planned: Plan, job: Job) -> rounds.Surroundings:
    store = job.checkpoints

    def report(step: int, values: Mapping[str, float]) -> bool:
        stopping = job.report(step, values) if collective.leads() else job.stopping
        return collective.any_host(stopping)

    def keep(state: checkpoint.Checkpoint) -> None:
        if store is not None and collective.leads():
            store.save(state.rounds, checkpoint.encode(state))

    return rounds.Surroundings(report, keep if store is not None else None, collective.total)


def _resumed(planned: Plan, job: Job) -> checkpoint.Checkpoint | None:
    """The newest checkpoint from which training goes on as if it had never stopped; the leader's, on every host."""
    data = b""
    if job.checkpoints is not None and collective.leads():
        found = job.checkpoints.newest(lambda data: _opened(planned, data))
        if found is not None:
            step, data = found
            LOG.info("Resuming from iteration %d", step)
    data = collective.shared(data)
    return checkpoint.decode(data) if data else None


def _opened(planned: Plan, data: bytes) -> bytes:
    state = checkpoint.decode(data)
    if not rounds.resumable(planned, state):
        raise ValueError(f"it lies within a segment of {planned.segment} rounds, and this training draws at random")
    return data
