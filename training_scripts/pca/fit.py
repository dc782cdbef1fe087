"""One fit: looks at the data -> components -> Fitted."""

from __future__ import annotations

import time

from contract.artifact import Schema
from contract.errors import UserError
from training_scripts import builtin_metrics, collective, configuration
from training_scripts.builtin_metrics import Measured
from training_scripts.channels import ChannelData
from training_scripts.fitted import Fitted
from training_scripts.job import Job
from training_scripts.logs import LOG
from training_scripts.pca import artifact, metric_definitions, modes, reading, score, summarise
from training_scripts.pca.components import Components
from training_scripts.pca.hyperparameters import Hyperparameters
from training_scripts.pca.score import Score

ALGORITHM = "PCA"
EXECUTOR = "<PCAExecutor on cpu(0)>"


def fit(
    train: ChannelData, validation: ChannelData | None, hyperparameters: Hyperparameters, job: Job
) -> Fitted | None:
    """Find the components; None on a host that leaves writing the model to another.

    Raises UserError for data or hyperparameters that do not fit each other, PlatformError where hosts lose each other.
    """
    configuration.log(Hyperparameters, job.environment.hyperparameters, "default-conf.json")
    if job.checkpoints is not None:
        LOG.info("PCA has no checkpoints: it is one pass over the data; nothing is written to the CheckpointConfig")
    with collective.joined(job.environment, has_data=not train.empty) as member:
        if not member:
            return None
        with collective.guarded():
            return _fit(train, hyperparameters, job)


def _fit(train: ChannelData, hyperparameters: Hyperparameters, job: Job) -> Fitted | None:
    host, began = job.environment.current_host, time.time()
    LOG.info("Number of GPUs being used: 0")
    LOG.info("The default executor is %s.", EXECUTOR)
    LOG.info("%d feature(s) found in 'data'.", hyperparameters.feature_dim)
    LOG.info("%s is assigned to batch slice from 0 to %d.", EXECUTOR, hyperparameters.mini_batch_size - 1)
    reader = reading.Reader(train, hyperparameters.feature_dim, job)
    found = modes.find(reader, hyperparameters)
    solved = time.time()
    if job.stopping:
        LOG.info("Told to stop: the model is of the %d rows read until then", found.rows)
    _warn(found, hyperparameters)
    model = artifact.arrays(found, subtract_mean=hyperparameters.subtract_mean)
    _log(reader, host, hyperparameters, (began, solved))
    scores = {"train": score.of_training(found)} | _tested(model, hyperparameters, job)
    figures: dict[str, float] = {}
    for channel, one in scores.items():
        figures |= metric_definitions.log(host, channel, one.share, one.error)
    if not collective.leads():
        return None
    seconds = {"read": reader.seconds, "solve": solved - began - reader.seconds, "test": time.time() - solved}
    return Fitted(
        save=lambda directory: artifact.save(model, directory),
        schema=Schema(hyperparameters.feature_dim, missing_allowed=False),
        metrics=figures,
        details={"algorithm_mode": hyperparameters.algorithm_mode, "subtract_mean": hyperparameters.subtract_mean},
        libraries=artifact.LIBRARIES,
        summary=summarise.summary(found, hyperparameters, {**job.channels, "train": train}, scores, figures, seconds),
    )


def _warn(found: Components, hyperparameters: Hyperparameters) -> None:
    """Tell of components that the rows cannot have: they are orthogonal directions of a singular value of 0."""
    most = found.rows - hyperparameters.subtract_mean
    if most < hyperparameters.num_components:
        LOG.warning(
            "%d row(s) have %d component(s) at most; the others of the %d asked for have the singular value 0",
            found.rows,
            most,
            hyperparameters.num_components,
        )


def _log(reader: reading.Reader, host: str, hyperparameters: Hyperparameters, span: tuple[float, float]) -> None:
    builtin_metrics.progress(host, 1, 1)
    builtin_metrics.throughput(host, reader.rows, reader.seconds)
    batches = -(-reader.rows // hyperparameters.mini_batch_size)
    seen = {"Total Records Seen": reader.rows, "Total Batches Seen": batches}
    counts = {name: Measured([count]) for name, count in seen.items()}
    builtin_metrics.metrics(ALGORITHM, host, span, counts, epoch=0, Meta="training_data_iter")
    whole = 1000 * (span[1] - span[0])
    times = {"epochs": 1, "update.time": 1000 * reader.seconds, "totaltime": whole}
    builtin_metrics.metrics(ALGORITHM, host, span, {name: Measured([took]) for name, took in times.items()})


def _tested(model: artifact.Arrays, hyperparameters: Hyperparameters, job: Job) -> dict[str, Score]:
    """The model's score on the test channel, where the job has one and is not told to stop."""
    test = job.channels.get("test")
    if test is None:
        LOG.info("Test data is not provided.")
        return {}
    if collective.any_host(job.stopping):
        LOG.info("Told to stop: the test channel is not scored")
        return {}
    blocks = () if test.empty else reading.features(test, hyperparameters.feature_dim)
    result = score.measure(blocks, model, collective.total)
    if not result.rows:
        raise UserError("No data in test channel path on any host", where="channel 'test'")
    return {"test": result}
