"""One channel's rows, in the one matrix that this host holds of them, checked against the task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from contract.dataset import Floats, Sparse
from contract.errors import UserError
from training_scripts import collective, memory, outcome, row_checks
from training_scripts.channels import ChannelData
from training_scripts.linear_learner.task import Task
from training_scripts.summary import ChannelSummary

BATCH = 1000
"""Rows that the built-in parses at a time; its message names the batch."""
_PLACE = re.compile(r"(?P<file>.+), (?P<cell>line (?P<line>\d+)(, column \d+)?)")


@dataclass(frozen=True)
class Table:
    """`features` (rows, width) float32, C order, `labels` (rows,) float32; both are scaled in place before training.

    `sparse`: the channel stores no zeros, so that its features may be scaled and never shifted.
    """

    features: Floats
    labels: Floats
    sparse: bool
    summary: ChannelSummary

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def width(self) -> int:
        return int(self.features.shape[1])


def load(channel: ChannelData, task: Task, width: int | None, says: str = "another host has") -> Table:
    """Read a channel once. `width`: the features that it must have, of which `says` tells who wants it so; None takes
    what there are on all hosts.

    Raises UserError for rows that cannot be read or held, for another width, for labels that the task does not know.
    """
    with _explained(channel):
        data = channel.load()
    stored, labels = data.features, data.labels
    assert labels is not None
    check_labels(labels, channel.name, task)
    del data
    sparse = isinstance(stored, Sparse)
    seen = stored.shape[1]
    wanted = collective.widest(seen) if width is None else width
    if seen > wanted or (seen < wanted and not sparse):
        raise UserError(f"the data has {seen} features; {says} {wanted}", where=f"channel '{channel.name}'")
    features = _written_out(stored, wanted, channel.name) if isinstance(stored, Sparse) else stored
    told = outcome.channel_summary(channel, len(labels), features.shape[1], labels, 0.0, task.classes)
    return Table(features, labels, sparse, told)


def _written_out(stored: Sparse, width: int, channel: str) -> Floats:
    """The rows with their zeros."""
    rows = stored.shape[0]
    memory.require(
        np.dtype(np.float32).itemsize * rows * width,
        f"the matrix of {rows:,} sparse rows of {width:,} features, zeros and all,",
        "give fewer features or rows, or take more instances or one with more memory",
        where=f"channel '{channel}'",
    )
    return stored.dense(width)


def nothing(channel: ChannelData, width: int) -> Table:
    """What a host holds of a channel that others read."""
    none = np.empty(0, dtype=np.float32)
    return Table(np.empty((0, width), dtype=np.float32), none, False, ChannelSummary(channel.name, 0, width))


def check_labels(labels: Floats, channel: str, task: Task) -> None:
    """Raise UserError naming the first row whose label (rows,) the task does not know."""
    if task.classes:
        last = task.classes - 1
        known = "0 or 1" if task.binary else f"a whole number, 0 to num_classes - 1 = {last}"
        rule = f"label must be {known}, for predictor_type {task.predictor_type!r}{_hint(labels, task)}"
        row_checks.check(labels, lambda y: (y >= 0) & (y <= last) & (y == np.floor(y)), rule, channel)


def _hint(labels: Floats, task: Task) -> str:
    """What labels (rows,) look like that are no classes of the task; nothing where that is not clear."""
    if not len(labels) or not (labels == np.floor(labels)).all():
        return " (for a quantity, take 'regressor')"
    low, high = float(labels.min()), float(labels.max())
    if low == 1 and high == task.classes:
        return f" (these run from 1 to {high:g}: subtract 1)"
    if task.binary and low >= 0 and high > 1:
        return " (for more classes than two, take 'multiclass_classifier')"
    return f" (these run from {low:g} to {high:g})"


@contextmanager
def _explained(channel: ChannelData) -> Iterator[None]:
    """Begin the error of a csv cell as the built-in does, for those who look for its words."""
    try:
        yield
    except UserError as error:
        place = _PLACE.fullmatch(error.where)
        if place is None or channel.content_type != "text/csv":
            raise
        first = (int(place["line"]) - 1) // BATCH * BATCH + 1
        file = channel.path.parent / place["file"]
        raise UserError(
            f"Unable to parse csv: rows {first}-{first + BATCH - 1}, file {file}: {place['cell']}: {error.message}"
        ) from error
