"""Feeds Pipe channels: one FIFO per epoch, the next as soon as the last was read or closed."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Self, cast

from contract.paths import Paths
from local_mode.channel import Channel

CHUNK = 1 << 20
RECORD_MAGIC = 0xCED7230A
POLL_SECONDS = 0.02


class Feeder:
    """Feeds one host's share of a channel in a thread of its own, epoch after epoch, until its context ends.

    `failed` is told when the data cannot be read: the reader would take the broken stream for the end of the epoch.
    """

    def __init__(
        self, folder: Path, channel: Channel, failed: Callable[[str], None], rank: int = 0, hosts: int = 1
    ) -> None:
        self._paths = Paths(folder)
        self._channel = channel
        self._keys = channel.keys(rank, hosts)
        self._failed = failed
        self._over = threading.Event()
        # The first FIFO stands before the container starts, as in the cloud; later ones may be a moment late.
        os.mkfifo(self._paths.pipe(channel.name, 0))
        self._thread = threading.Thread(target=self._feed, name=f"pipe-{channel.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _feed(self) -> None:
        try:
            self._feed_epochs()
        except (OSError, EOFError, zlib.error) as error:
            self._failed(f"Data download failed: channel {self._channel.name}: {error}")

    def _feed_epochs(self) -> None:
        epoch = 0
        while (descriptor := self._opened(self._paths.pipe(self._channel.name, epoch))) is not None:
            # A reader may close early: it has seen enough of this epoch.
            with contextlib.suppress(BrokenPipeError), open(descriptor, "wb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
                for part in self._content():
                    pipe.write(part)
            epoch += 1
            os.mkfifo(self._paths.pipe(self._channel.name, epoch))

    def _opened(self, path: Path) -> int | None:
        """Waits for a reader; None when the job is over first."""
        while not self._over.wait(POLL_SECONDS):
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                continue
            os.set_blocking(descriptor, True)
            return descriptor
        return None

    def _content(self) -> Iterator[bytes]:
        """The bytes of one epoch: the files one after another, each as one record where the channel asks for that."""
        for key in self._keys:
            if self._channel.record_wrapper == "RecordIO":
                with self._file(key) as file:
                    yield _record(file.read())
            else:
                with self._file(key) as file:
                    while part := file.read(CHUNK):
                        yield part

    def _file(self, key: str) -> BinaryIO:
        path = self._channel.root / key
        return cast(BinaryIO, gzip.open(path)) if self._channel.compression == "Gzip" else path.open("rb")


def _record(payload: bytes) -> bytes:
    """RecordIO's frame: magic, length, payload, zeros up to a multiple of four."""
    return struct.pack("<II", RECORD_MAGIC, len(payload)) + payload + bytes(-len(payload) % 4)
