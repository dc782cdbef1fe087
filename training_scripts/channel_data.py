"""The rows of one channel, from its files or its FIFOs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.codecs import Codec, gather
from contract.dataset import Dataset, Layout, Sparse
from contract.errors import UserError
from contract.media_type import MediaType
from training_scripts import appearance, folder, streams

TITLES = {"train": "training"}
"""How SageMaker's messages call a channel, where not by its name."""


def no_data(name: str, path: Path) -> UserError:
    """The error of a channel without rows."""
    return UserError(f"No data in {TITLES.get(name, name)} channel path {path}")


@dataclass(frozen=True)
class Format:
    """How the bytes of a channel are read. `given`: the job names the content type, it is not the default."""

    codec: Codec
    media: MediaType
    layout: Layout
    given: bool = True


class ChannelData:
    """The rows of one channel. Nothing is read before `blocks` or `load`; each of their passes reads everything again.

    `width` is the number of features once a pass has begun: of a sparse format, the most seen so far.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        form: Format,
        *,
        files: tuple[Path, ...] = (),
        piped: bool = False,
        reference: ChannelData | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.files = files
        self.piped = piped
        self.content_type = form.media.name
        self.width: int | None = None
        self._form = form
        self._reference = reference
        self._first = ""
        self._epoch = 0

    @property
    def empty(self) -> bool:
        """Whether this host has no data of the channel. A Pipe channel is taken to have some until it is read."""
        return not self.files and not self.piped

    @property
    def labelled(self) -> bool:
        """Whether a row's label is read with its features."""
        return self._form.layout.label

    def blocks(self) -> Iterator[Dataset]:
        """One pass over the rows in blocks; of a Pipe channel, its next epoch. Stopping early is allowed.

        Raises UserError naming file and row, and where the pass ends without a row; PlatformError where the storage
        fails.
        """
        if self.piped:
            yield from self._next_epoch()
            return
        rows = 0
        for path in self.files:
            for block in self._read(path, folder.shown(path, self.path)):
                rows += block.rows
                yield block
        if not rows and not self.empty:
            raise no_data(self.name, self.path)

    def load(self) -> Dataset:
        """All rows at once, holding about one matrix and a block at the peak; of a Pipe channel, its next epoch.

        Raises as `blocks` does, and UserError for a channel that is empty.
        """
        if self.empty:
            raise no_data(self.name, self.path)
        return gather.concatenate(self.blocks(), self.name)

    def same_as(self, other: ChannelData) -> bool:
        """Whether both channels are one folder, or hold files of the same names and sizes."""
        if self.piped or other.piped or self.empty or other.empty:
            return False
        return self.path.samefile(other.path) or self._listing() == other._listing()

    def _listing(self) -> set[tuple[Path, int]]:
        return {(path.relative_to(self.path), path.stat().st_size) for path in self.files}

    def _next_epoch(self) -> Iterator[Dataset]:
        pipe = self.path.with_name(f"{self.name}_{self._epoch}")
        self._epoch += 1
        rows = 0
        for block in self._read(streams.wait_for(pipe), pipe.name):
            rows += block.rows
            yield block
        if not rows:
            raise no_data(self.name, pipe)

    def _read(self, path: Path, where: str) -> Iterator[Dataset]:
        rows = 0
        with streams.opened(path, where) as (stream, head):
            try:
                for block in self._form.codec.read(stream, self._form.layout, self._form.media.parameters, where):
                    self._check(block, where, rows)
                    rows += block.rows
                    yield block
            except UserError as error:
                looks = None if rows else appearance.looks_like(head)
                if looks is None or looks in self._form.codec.CONTENT_TYPES:
                    raise
                raise self._mistyped(looks, where, error) from error

    def _mistyped(self, looks: str, where: str, error: UserError) -> UserError:
        """A better error than the codec's: the file is of another format."""
        says = "ContentType" if self._form.given else "no ContentType, which means"
        remedy = looks if self.labelled or looks != "text/csv" else f"{looks}, or {looks};label_size=0 without labels"
        return UserError(
            f"the file looks like {looks}, but channel '{self.name}' has {says} {self.content_type}; "
            f"set it to {remedy} ({error.message})",
            where=error.where or where,
        )

    def _check(self, block: Dataset, where: str, before: int) -> None:
        """What holds for every channel, whatever its format: labels that are numbers, and one width."""
        if self._form.layout.label:
            _check_labels(block, where, before)
        self._check_width(block, where)
        if self.width is None:
            self._first = where
        self.width = max(self.width or 0, block.width)

    def _check_width(self, block: Dataset, where: str) -> None:
        """Rows of a dense format are all equally wide. Those of a sparse one end where their last value is: only
        validation is bounded, by what training saw."""
        peers = [peer for peer in (self, self._reference) if peer is not None and peer.width is not None]
        for peer in peers:
            if isinstance(block.features, Sparse):
                wrong = peer is not self and block.width > (peer.width or 0)
            else:
                wrong = block.width != peer.width
            if wrong:
                raise UserError(
                    f"{block.width} features, but {peer._first} has {peer.width}; every file must have the same ones",
                    where=where,
                )


def _check_labels(block: Dataset, where: str, before: int) -> None:
    if block.labels is None:
        raise UserError("Got input data without labels. Please check the input data set.", where=where)
    bad = np.flatnonzero(~np.isfinite(block.labels))
    if len(bad):
        raise UserError("the label is missing or not a finite number", where=f"{where}, row {before + int(bad[0]) + 1}")
