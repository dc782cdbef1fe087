"""Content type <-> Dataset. One module a format; the same codec reads channels and request bodies.

A codec module has `CONTENT_TYPES` (its names, the first one canonical), `decode`, `read` and `read_alone`; it imports
its library on first use. What counts as a number is the same in all of them: finite decimals that float32 can hold.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO, Protocol, cast

from contract.dataset import Dataset, Layout
from contract.errors import UserError, show
from contract.media_type import MediaType

_MODULES = ("csv", "libsvm", "json", "jsonlines", "recordio_protobuf", "npy", "parquet")


class Codec(Protocol):
    """What every module of this package that is named for a format offers."""

    @property
    def CONTENT_TYPES(self) -> tuple[str, ...]:  # noqa: N802  # a constant of the module
        """Lower-case names, the canonical one first."""

    def decode(self, body: bytes, layout: Layout, parameters: Mapping[str, str], source: str) -> Dataset:
        """One whole body. Raises UserError naming source, row and column.

        `parameters` are the media type's: one that cannot be followed is a UserError (unsupported_content_type), which
        names no source, because only the caller knows where the media type comes from.
        """

    def read(self, stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str) -> Iterator[Dataset]:
        """A file or a FIFO in blocks of rows, with memory bounded by the block. Raises UserError likewise."""

    def read_alone(
        self, stream: BinaryIO, layout: Layout, parameters: Mapping[str, str], source: str
    ) -> Iterator[Dataset]:
        """`read` in the calling thread alone: in a server, others want the other CPUs."""


def find(media_type: MediaType, among: Collection[str] | None = None) -> Codec:
    """The codec of a media type; `among` holds the canonical names of those that may be it, None means all.

    Raises UserError (unsupported_content_type) that lists them.
    """
    known = []
    for name in _MODULES:
        codec = cast(Codec, importlib.import_module(f"contract.codecs.{name}"))
        canonical = codec.CONTENT_TYPES[0]
        if among is not None and canonical not in among:
            continue
        if media_type.name in codec.CONTENT_TYPES:
            return codec
        known.append(canonical)
    raise UserError(
        f"content type {show(media_type.name)} is not supported; expected one of {', '.join(known)}",
        code="unsupported_content_type",
    )
