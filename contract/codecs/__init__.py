"""Content type <-> Dataset. One module a format; the same codec reads channels and request bodies.

A codec module has `CONTENT_TYPES` (its names, the first one canonical), `decode` and `read`; it imports its library on
first use. `EXTRA` names the optional libraries nobody pays for until then.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Protocol

from contract.dataset import Dataset, Layout
from contract.errors import UserError, show
from contract.media_type import MediaType

_MODULES = ("csv", "libsvm", "json", "jsonlines", "recordio_protobuf", "npy", "parquet")


class Codec(Protocol):
    """What every module of this package offers."""

    CONTENT_TYPES: tuple[str, ...]

    def decode(self, body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
        """One whole body. `parameters` are the media type's. Raises UserError naming source, row and column."""

    def read(self, stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
        """A file or a FIFO in blocks of rows, with memory bounded by the block. Raises UserError likewise."""
