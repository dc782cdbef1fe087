"""Where connections come in. All workers listen at one socket; who has fewer connections goes first."""

from __future__ import annotations

import logging
import mmap
from socket import socket
from typing import Any

import gevent

from serving.http.connection import Connection, Host

log = logging.getLogger("serving")

CONNECTIONS = 1000
"""What one worker accepts at a time."""
_COURTESY_SECONDS = 0.002
"""How long a worker leaves a client to those that have fewer: one that is busy does not come in this time."""
_READ = 1
"""libev's event."""


class Tally:
    """Connections of each worker, in memory that all of them share once they are forked."""

    def __init__(self, workers: int) -> None:
        self.counts = memoryview(mmap.mmap(-1, 8 * workers)).cast("q")

    def put(self, slot: int, count: int) -> None:
        self.counts[slot] = count

    def least(self) -> int:
        return min(self.counts)


class Door:
    """One worker's. Without turns the worker that wakes first would take all clients that come at once."""

    def __init__(self, listener: socket, host: Host, tally: Tally, slot: int) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._host = host
        self._tally = tally
        self._slot = slot
        self._inside = 0
        tally.put(slot, 0)
        loop = gevent.get_hub().loop
        self._knocking: Any = loop.io(listener.fileno(), _READ)
        self._courtesy: Any = loop.timer(_COURTESY_SECONDS)

    def open(self) -> None:
        """Also after it closed itself; to be called now and then."""
        if self._inside < CONNECTIONS and not self._courtesy.active:
            self._knocking.start(self._answer_knock)

    def close(self) -> None:
        """For good, once those are in who wait already."""
        self._courtesy.close()
        self._knocking.stop()
        while self._inside < CONNECTIONS and self._admit():
            pass
        self._knocking.close()
        self._listener.close()

    def _answer_knock(self) -> None:
        """Called by the event loop, where nothing may wait."""
        if self._inside > self._tally.least():
            self._knocking.stop()
            self._courtesy.start(self._admit_late)
            return
        self._admit()
        if self._inside >= CONNECTIONS:
            self._knocking.stop()

    def _admit_late(self) -> None:
        self._courtesy.stop()
        self._admit()
        self.open()

    def _admit(self) -> bool:
        """Returns whether there was a client."""
        try:
            accepted, address = self._listener.accept()
        except BlockingIOError:  # another worker was quicker
            return False
        except OSError as error:  # out of descriptors, or of memory
            log.warning("cannot accept a connection: %s", error.strerror)
            self._knocking.stop()
            return False
        # After patch_all it is one of gevent's; ours waits in its own way.
        client = socket(accepted.family, accepted.type, fileno=accepted.detach())
        self._count(1)
        gevent.spawn_raw(self._serve, client, address)
        return True

    def _count(self, change: int) -> None:
        self._inside += change
        self._tally.put(self._slot, self._inside)

    def _serve(self, client: socket, address: tuple[str, int]) -> None:
        try:
            Connection(client, address, self._host).serve()
        finally:
            self._count(-1)
