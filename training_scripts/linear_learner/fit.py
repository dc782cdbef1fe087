"""One fit: channels -> scaled rows -> epochs -> the best model -> Fitted."""

from __future__ import annotations

import time

from contract.hyperparameters import given
from training_scripts import collective, configuration
from training_scripts.channels import ChannelData
from training_scripts.fitted import Fitted
from training_scripts.job import Job
from training_scripts.linear_learner import (
    checkpoint,
    group,
    planning,
    reading,
    rules,
    solver,
    texts,
    trial,
    weighting,
)
from training_scripts.linear_learner.checkpoint import Checkpoint
from training_scripts.linear_learner.epochs import Epochs, Patience, Surroundings
from training_scripts.linear_learner.finish import Course, finish
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.metrics import Judge
from training_scripts.linear_learner.plan import Doubles
from training_scripts.linear_learner.progress import Progress
from training_scripts.linear_learner.rows import Rows
from training_scripts.linear_learner.solver import Solver
from training_scripts.linear_learner.table import Table
from training_scripts.linear_learner.task import task_of
from training_scripts.logs import LOG


def fit(
    train: ChannelData, validation: ChannelData | None, hyperparameters: Hyperparameters, job: Job
) -> Fitted | None:
    """Train as the hyperparameters say; None on a host that leaves writing the model to another.

    Raises UserError for data or hyperparameters that cannot be trained with, PlatformError where hosts lose each other
    or the disk is full.
    """
    configuration.log(Hyperparameters, job.environment.hyperparameters)
    for name, reason in rules.without_effect(hyperparameters, given(hyperparameters)).items():
        LOG.warning("Hyperparameter '%s': no effect: %s", name, reason)
    if validation is None and hyperparameters.models > 1:
        LOG.info("There is no validation channel: the best of the parallel models is chosen by the training data")
    if job.checkpoints is None:
        LOG.info("Checkpoint loading and saving are disabled.")
    with collective.joined(job.environment, has_data=not train.empty) as member:
        if not member:
            return None
        with collective.guarded():
            return run(
                train, validation, hyperparameters, job, group.joined(len(job.environment.hosts), job.environment.rank)
            )


def run(
    train: ChannelData, validation: ChannelData | None, hyperparameters: Hyperparameters, job: Job, hosts: Group
) -> Fitted | None:
    """The fit of this host, one of `hosts`. Raises as `fit` does."""
    began = time.time()
    task = task_of(hyperparameters)
    data = reading.read(train, validation, hyperparameters, task, job, hosts)
    read = time.time()
    judge = Judge(
        task,
        planning.loss_of(hyperparameters, task),
        label_scale=data.scaling.label_scale,
        threshold=task.natural_threshold,
        f_beta=hyperparameters.f_beta,
        top_k=hyperparameters.accuracy_top_k,
    )
    weights = _class_weights(hyperparameters, judge, data.tables, hosts, job.cpus)
    rows = {name: _rows(each, weights) for name, each in data.tables.items()}
    plan = planning.plan_of(hyperparameters, judge.loss, job.cpus)
    known = rows["train"]
    made = solver.make(plan, known.features, known.labels, known.weights, hosts.add, lambda: job.stopping)
    LOG.info("Optimizer: %s", made.describe())
    epochs = Epochs(
        made,
        plan,
        judge,
        planning.criterion_of(hyperparameters),
        Patience(hyperparameters.early_stopping_patience, hyperparameters.early_stopping_tolerance),
        rows=data.rows["train"],
        validation=rows.get("validation"),
        surroundings=_surroundings(job, hosts),
        progress=_resumed(made, job, hosts),
    )
    epochs.run()
    return finish(Course(hyperparameters, data, rows, epochs, began, read))


def _rows(table: Table, class_weights: Doubles | None) -> Rows:
    return Rows(table.features, table.labels, weighting.of_rows(table.labels, class_weights))


def _class_weights(
    hyperparameters: Hyperparameters, judge: Judge, tables: dict[str, Table], hosts: Group, threads: int
) -> Doubles | None:
    if not judge.task.classes:
        return None
    counted = weighting.counts(tables["train"].labels, judge.task, hosts)
    if judge.task.binary and hyperparameters.positive_example_weight_mult == texts.AUTO:
        rows = {name: _rows(each, None) for name, each in tables.items()}
        epochs = min(trial.EPOCHS, hyperparameters.epochs)
        plan = planning.plan_of(hyperparameters, judge.loss, threads, models=1, epochs=epochs)
        criterion = planning.criterion_of(hyperparameters)
        return trial.weights(plan, criterion, judge, rows["train"], rows.get("validation"), hosts, counted)
    return weighting.of_classes(hyperparameters, judge.task, counted)


def _surroundings(job: Job, hosts: Group) -> Surroundings:
    store = job.checkpoints if hosts.leads else None  # the others need not copy their state either

    def stopping(epoch: int) -> bool:
        return hosts.any_of(job.report(epoch, {}))

    def keep(state: Checkpoint) -> None:
        if store is not None:
            step = state.progress.epochs - 1
            store.save(step, checkpoint.encode(state))
            LOG.info('Saved checkpoint to "%s"', store.directory / f"{store.prefix}.{step}")

    return Surroundings(job.environment.current_host, hosts, stopping, keep if store is not None else None)


def _resumed(made: Solver, job: Job, hosts: Group) -> Progress:
    """The progress of the newest checkpoint, which the solver then goes on from; the leader's, on every host."""
    data = b""
    if job.checkpoints is not None and hosts.leads:
        found = job.checkpoints.newest(lambda data: _opened(made, data))
        if found is not None:
            step, data = found
            LOG.info("Resuming after epoch %d", step)
    data = hosts.shared(data)
    if not data:
        return Progress()
    state = checkpoint.decode(data)
    made.restore(state.state)
    return state.progress


def _opened(made: Solver, data: bytes) -> bytes:
    made.restore(checkpoint.decode(data).state)
    return data
