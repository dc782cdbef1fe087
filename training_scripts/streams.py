"""Opening what a channel holds: files and FIFOs, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from contract.errors import PlatformError, UserError

GZIP = b"\x1f\x8b"
HEAD = 4096
"""Bytes that tell what the rest looks like."""
PIPE_SECONDS = 600.0
"""How long the next epoch's FIFO may take to appear."""


@contextmanager
def opened(path: Path, where: str) -> Iterator[tuple[BinaryIO, bytes]]:
    """The bytes of `path`, and some of the first of them; gunzipped where they are gzip, which nothing else looks like.

    Raises UserError where the file cannot be read, or its gzip is cut short or damaged.
    """
    try:
        with path.open("rb") as raw:
            if raw.peek(len(GZIP))[: len(GZIP)] != GZIP:
                yield raw, raw.peek(HEAD)[:HEAD]
            else:
                with gzip.GzipFile(fileobj=raw) as unzipped, io.BufferedReader(unzipped) as stream:
                    yield stream, stream.peek(HEAD)[:HEAD]
    except PermissionError as error:
        raise UserError(
            "cannot be read: permission denied; give every user the right to read it", where=where
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"the gzip data is cut short or damaged ({error})", where=where) from error


def wait_for(pipe: Path, seconds: float = PIPE_SECONDS, sleep: Callable[[float], None] = time.sleep) -> Path:
    """`pipe`, once it exists: SageMaker makes an epoch's FIFO when the one before it is done. Raises PlatformError."""
    end = time.monotonic() + seconds
    while not pipe.exists():
        if time.monotonic() > end:
            raise PlatformError(f"the FIFO {pipe} did not appear within {seconds:g} seconds")
        sleep(0.05)
    return pipe
