"""Channels: which ones a job has, and the data behind each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.dataset import Dataset


@dataclass(frozen=True)
class Rules:
    """The channels an algorithm takes. Content types are canonical names ("text/csv")."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    content_types: tuple[str, ...]
    default_content_type: str
    ignored: tuple[str, ...] = ("code", "sm_drivers")
    """Channels that the SageMaker SDK adds for itself."""


class ChannelData:
    """The rows of one channel."""

    name: str
    path: Path

    @property
    def empty(self) -> bool:
        """Whether this host has no data of the channel. A Pipe channel is taken to have some."""
        raise NotImplementedError

    def blocks(self) -> Iterator[Dataset]:
        """One pass over the rows in blocks; of a Pipe channel, its next epoch. Raises UserError naming file and line."""
        raise NotImplementedError

    def load(self) -> Dataset:
        """All rows at once, holding about one matrix and a block at the peak; of a Pipe channel, its next epoch."""
        raise NotImplementedError

    def same_as(self, other: ChannelData) -> bool:
        """Whether both channels hold the same files."""
        raise NotImplementedError
