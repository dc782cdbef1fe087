"""What is too large for memory: bytes in an unnamed file, which is gone with the process, whatever ends it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from typing import BinaryIO, TypeVar

from contract import paths
from contract.errors import UserError

PIECE = 1 << 18
"""Bytes written or read at a time."""

T = TypeVar("T")


class Spool:
    """A file to write from front to back, then to read from front to back."""

    def __init__(self) -> None:
        """Raises UserError (insufficient_storage) where files for scratch cannot be made."""
        self.size = 0
        with self._explaining():
            self._raw = tempfile.TemporaryFile(dir=paths.scratch(), buffering=0)  # noqa: SIM115 - closed by `close`
        self.stream: BinaryIO = BufferedReader(self._raw, PIECE)
        """What was written, from the front."""

    def write(self, data: bytes) -> None:
        """Raises UserError (insufficient_storage)."""
        with self._explaining():
            left = memoryview(data)
            while left:
                left = left[self._raw.write(left) :]
        self.size += len(data)

    def rewind(self) -> None:
        """After all was written."""
        self.stream.seek(0)

    def pieces(self, store: Callable[[Callable[[], bytes]], bytes]) -> Iterator[bytes]:
        """All of it, each piece read by `store`, in which waiting for a disk holds up no other request."""
        self.rewind()
        while piece := store(partial(self.stream.read, PIECE)):
            yield piece

    def close(self) -> None:
        self.stream.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(
                f"the server cannot keep so large a body or answer: {error.strerror} in {paths.scratch()} after "
                f"{self.size} bytes; send a smaller body, or give the container more room there",
                code="insufficient_storage",
            ) from error
