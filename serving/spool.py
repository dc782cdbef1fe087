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
            self._file = tempfile.TemporaryFile(dir=paths.scratch(), buffering=0)  # noqa: SIM115 - closed by `close`

    def write(self, data: bytes) -> None:
        """Raises UserError (insufficient_storage)."""
        with self._explaining():
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
        self.size += len(data)

    def reader(self) -> BinaryIO:
        """The file, at its beginning."""
        self._file.seek(0)
        return BufferedReader(self._file, PIECE)

    def pieces(self, store: Callable[[Callable[[], bytes]], bytes]) -> Iterator[bytes]:
        """All of it, each piece read by `store`, in which waiting for a disk holds up no other request."""
        read = partial(self.reader().read, PIECE)
        while piece := store(read):
            yield piece

    def close(self) -> None:
        self._file.close()

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
