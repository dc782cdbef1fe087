"""All channels of a job, read once, scaled in place, ready for training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contract.errors import UserError
from training_scripts.channels import ChannelData
from training_scripts.job import Job
from training_scripts.linear_learner import lines, planning, scaler, table
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.hyperparameters import Hyperparameters
from training_scripts.linear_learner.scaler import Scaling
from training_scripts.linear_learner.table import Table
from training_scripts.linear_learner.task import Task


@dataclass(frozen=True)
class Data:
    """This host's rows by channel, train first; a channel that only the leader reads has none on the others."""

    tables: dict[str, Table]
    rows: dict[str, float]
    """Of each channel on all hosts."""
    scaling: Scaling

    @property
    def train(self) -> Table:
        return self.tables["train"]


def read(
    train: ChannelData,
    validation: ChannelData | None,
    hyperparameters: Hyperparameters,
    task: Task,
    job: Job,
    hosts: Group,
) -> Data:
    """Read and check every channel, then scale all by the first rows of train.

    Raises UserError for what cannot be read or trained on, and for a channel of which no host has a row.
    """
    width = hyperparameters.feature_dim
    says = "another host has" if width is None else "hyperparameter 'feature_dim' says"
    first = table.load(train, task, width, says)
    _check_batch(len(first), hyperparameters.mini_batch_size, job.environment.current_host)
    tables = {"train": first}
    for channel in (validation, job.channels.get("test")):
        if channel is not None:
            tables[channel.name] = _load(channel, task, first.width, job, hosts)
    rows = _counted(tables, hosts)
    # Features of which zeros are not stored are never shifted, so on no host: one model sees one space.
    sparse = hosts.any_of(first.sparse)
    regression = not task.classes
    scaling = scaler.measure(
        first.features,
        first.labels,
        rows=hyperparameters.num_point_for_scaler,
        center=planning.centred(hyperparameters) and not sparse,
        scale=planning.scaled(hyperparameters),
        center_label=planning.centred_label(hyperparameters),
        scale_label=planning.scaled_label(hyperparameters),
        total=hosts.add,
    )
    if hosts.leads:
        lines.scaling(scaling, label=regression)
    for each in tables.values():
        scaling.apply(each.features, each.labels if regression else None)
    return Data(tables, rows, scaling)


def _load(channel: ChannelData, task: Task, width: int, job: Job, hosts: Group) -> Table:
    """A channel that every host has whole is read by the leader alone, one that is shared out by each with a share."""
    shared_out = job.environment.channels[channel.name].sharded
    if channel.empty or not (hosts.leads or shared_out):
        return table.nothing(channel, width)
    return table.load(channel, task, width, "the train channel has")


def _counted(tables: dict[str, Table], hosts: Group) -> dict[str, float]:
    """Rows of each channel on all hosts. A model would seem perfect on none."""
    counts = hosts.total(np.array([float(len(each)) for each in tables.values()])).tolist()
    rows = dict(zip(tables, counts, strict=True))
    for channel, count in rows.items():
        if not count:
            raise UserError(
                f"No data in {channel} channel path on any host that trains; a host without training data is left out",
                where=f"channel '{channel}'",
            )
    return rows


def _check_batch(rows: int, batch: int, host: str) -> None:
    if rows < batch:
        raise UserError(
            "No training data processed. Either the training channel is empty or the mini-batch size is too high: "
            f"hyperparameter 'mini_batch_size' is {batch}, and host {host} has {rows} rows of training data; "
            f"give {rows} or less"
        )
