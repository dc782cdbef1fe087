"""Looks at a channel's rows: each is one pass over this host's, and one sum over the hosts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from contract.dataset import Dataset, Floats, Sparse
from contract.errors import UserError
from training_scripts import collective
from training_scripts.channels import ChannelData
from training_scripts.job import Job
from training_scripts.pca.accumulation import accumulate
from training_scripts.pca.moments import Doubles, Moments, over_hosts

DOUBLE_WIDTH = 128
"""Up to so many features float64 costs less than reading them does."""


def features(channel: ChannelData, width: int) -> Iterator[Floats | Sparse]:
    """The channel's features, block by block. Raises UserError where they are not `width`, beside what reading does."""
    for block in channel.blocks():
        _check_width(block, width, channel)
        yield block.features


def _check_width(block: Dataset, width: int, channel: ChannelData) -> None:
    found = block.width
    if found == width or (found < width and isinstance(block.features, Sparse)):
        return
    remedy = f"set it to {found}"
    if channel.content_type == "text/csv" and channel.labelled and found == width - 1:
        remedy = "csv's first column is taken for a label unless ContentType is 'text/csv;label_size=0'"
    raise UserError(
        f"the data has {found} features, but hyperparameter 'feature_dim' is {width}: {remedy} "
        f"(cannot copy sequence with size {found} to array axis with dimension {width})",
        where=f"channel '{channel.name}'",
    )


@dataclass
class Reader:
    """Reads the train channel, from its beginning each time. `rows` and `seconds` are this host's, of the last look."""

    channel: ChannelData
    width: int
    job: Job
    rows: int = 0
    seconds: float = 0.0

    @property
    def precise_at_once(self) -> bool:
        """Whether the first look is in float64: where that costs little, and where there may be no other."""
        return self.width <= DOUBLE_WIDTH or self.channel.piped

    def look(self, directions: Doubles | None = None, *, precise: bool) -> Moments:
        """The moments of all hosts' rows, about their mean; of those that were read until the job was stopped.

        `directions`: see Moments. Raises UserError for rows of another width, beside what reading raises.
        """
        began = time.monotonic()
        own = accumulate(self._until_stopped(), self.width, directions, precise=precise, threads=self.job.cpus)
        self.rows, self.seconds = own.rows, time.monotonic() - began
        return over_hosts(own, directions, collective.total) if collective.several() else own

    def _until_stopped(self) -> Iterator[Floats | Sparse]:
        """At least one block, so that there is a model."""
        for block in features(self.channel, self.width):
            yield block
            if self.job.stopping:
                return

    @property
    def stopped(self) -> bool:
        """Whether any host was told to stop, so that none looks again alone."""
        return collective.any_host(self.job.stopping)
