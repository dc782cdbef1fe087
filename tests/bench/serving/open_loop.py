"""Latency at a fixed rate, from an open loop: requests come when they are due, however slow the answers are.

They come as from independent callers, at random (a Poisson process, the same one for every server), over as many
connections as are wanted at once. A latency counts from when a request was due, not from when it was sent: a server
that stalls is charged for all who wait meanwhile (no coordinated omission).
"""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST_CONNECTIONS = 128
GRACE_SECONDS = 15.0
_CHUNK = 1 << 16


class OpenLoopError(Exception):
    """A request was not answered, or not with 200."""


@dataclass
class _Exchange:
    """One request on one connection."""

    due: float
    answer: bytes = b""

    def add(self, data: bytes) -> bool:
        """Whether the answer is whole. Raises OpenLoopError for another status than 200."""
        self.answer += data
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return False
        if head.split(b" ", 2)[1] != b"200":
            raise OpenLoopError(f"answered {head.splitlines()[0].decode()}")
        length = self._header(b"content-length")
        return body.endswith(b"0\r\n\r\n") if length is None else len(body) >= int(length)

    def closes(self) -> bool:
        return self._header(b"connection") == b"close"

    def _header(self, name: bytes) -> bytes | None:
        lines = self.answer.partition(b"\r\n\r\n")[0].lower().splitlines()[1:]
        pairs = (line.partition(b":") for line in lines)
        return next((value.strip() for key, _, value in pairs if key == name), None)


@dataclass
class _Client:
    port: int
    request: bytes
    idle: list[socket.socket] = field(default_factory=list)
    busy: dict[socket.socket, _Exchange] = field(default_factory=dict)
    waiting: deque[float] = field(default_factory=deque)
    """When requests were due that have no connection yet."""
    latencies: list[float] = field(default_factory=list)

    def send(self) -> None:
        while self.waiting and (self.idle or len(self.busy) < MOST_CONNECTIONS):
            connection = self.idle.pop() if self.idle else self._connect()
            try:
                connection.sendall(self.request)
            except OSError:  # the server closed it between two requests
                connection.close()
            else:
                connection.setblocking(False)
                self.busy[connection] = _Exchange(self.waiting.popleft())

    def receive(self, seconds: float) -> None:
        """What arrives within so many seconds."""
        # select(), as its timeout is finer than a millisecond, unlike epoll's.
        for connection in select.select([*self.idle, *self.busy], [], [], seconds)[0]:
            exchange = self.busy.get(connection)
            try:
                data = connection.recv(_CHUNK)
            except OSError:
                data = b""
            if exchange is None or not data:
                self._drop(connection)
            elif exchange.add(data):
                self.latencies.append(time.perf_counter() - exchange.due)
                del self.busy[connection]
                self.idle.append(connection)
                if exchange.closes():
                    self._drop(connection)

    def close(self) -> None:
        for connection in (*self.idle, *self.busy):
            connection.close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=GRACE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _drop(self, connection: socket.socket) -> None:
        """Closed by the server: a request on it that has no answer is sent once more, its wait counted from before."""
        connection.close()
        if connection in self.idle:
            self.idle.remove(connection)
            return
        exchange = self.busy.pop(connection)
        if exchange.answer:
            raise OpenLoopError("the connection was closed within an answer")
        self.waiting.appendleft(exchange.due)


def latencies(port: int, request: bytes, rate: float, seconds: float) -> NDArray[np.float64]:
    """Seconds that each request took, those due within `seconds` at `rate` a second. Raises OpenLoopError."""
    client = _Client(port, request)
    start = time.perf_counter()
    due = deque((start + arrivals(rate, seconds)).tolist())
    end = start + seconds + GRACE_SECONDS
    wanted = len(due)
    try:
        while len(client.latencies) < wanted:
            now = time.perf_counter()
            if now > end:
                raise OpenLoopError(f"{wanted - len(client.latencies)} of {wanted} requests were not answered")
            while due and due[0] <= now:
                client.waiting.append(due.popleft())
            client.send()
            client.receive(min(max(due[0] - time.perf_counter(), 0.0), 1.0) if due else 1.0)
    except OSError as error:
        raise OpenLoopError(f"the server takes no connection: {error}") from error
    finally:
        client.close()
    return np.array(client.latencies)


def arrivals(rate: float, seconds: float) -> NDArray[np.float64]:
    """When requests are due, in seconds from the start."""
    gaps = np.random.default_rng(0).exponential(1 / rate, round(rate * seconds))
    return np.cumsum(gaps)


def request(path: str, content_type: str, body: bytes) -> bytes:
    """The bytes of a POST."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body
