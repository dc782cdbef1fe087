"""Bytes to and from one client. What waits for the client is its own greenlet, and no longer than allowed."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from gevent import get_hub

from serving.http.patience import Patience

SEND_SECONDS = 60.0
"""How long a client may take nothing of an answer."""
_READ, _WRITE = 1, 2
_PIECE_BYTES = 256 * 1024
_FIRST_BYTES = 64 * 1024


class Wire:
    """A client's socket. `data[at:]` was received and is not used yet: who uses it moves `at`."""

    def __init__(self, client: socket.socket, patience: Patience) -> None:
        client.setblocking(False)
        if client.family != socket.AF_UNIX:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.at = 0
        self.patience = patience
        self._client = client
        self._hub = get_hub()
        self._readable: Any = self._hub.loop.io(client.fileno(), _READ)

    def wait(self) -> None:
        """Until there is something to receive. Without it `receive` asks first: right in a body, in vain before it."""
        self._hub.wait(self._readable)

    def more(self) -> bool:
        """Put what comes next behind `data[at:]`; False where the client has ended its side."""
        received = self.receive(_FIRST_BYTES)
        self.data = self.data[self.at :] + received
        self.at = 0
        return received != b""

    def receive(self, most: int) -> bytes:
        """At least one and at most `most` of the bytes after `data`; none where the client has ended its side."""
        while True:
            try:
                return self._client.recv(min(most, _PIECE_BYTES))
            except BlockingIOError:
                self._hub.wait(self._readable)

    def send(self, data: bytes) -> None:
        """All of it. Raises OSError where the client is gone, TimeoutError (one of them) where it takes nothing."""
        try:
            sent = self._client.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._send_slowly(memoryview(data)[sent:])

    def _send_slowly(self, data: memoryview) -> None:
        writable: Any = self._hub.loop.io(self._client.fileno(), _WRITE)
        try:
            while data:
                with self.patience.limit(SEND_SECONDS):
                    self._hub.wait(writable)
                with suppress(BlockingIOError):
                    data = data[self._client.send(data) :]
        finally:
            writable.close()

    def linger(self, seconds: float, most: int) -> None:
        """Say that nothing follows, and read what the client still sends: closed on, it would not see its answer."""
        with suppress(OSError), self.patience.limit(seconds):
            self._client.shutdown(socket.SHUT_WR)
            while most > 0 and (data := self.receive(most)):
                most -= len(data)

    def close(self) -> None:
        self._readable.close()
        self._client.close()
