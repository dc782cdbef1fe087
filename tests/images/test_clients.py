"""Endpoints whose clients are slow, silent or gone: others are answered, and /ping is quick."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from docker.models.containers import Container

from tests.images.endpoints import all_workers, invoke, ping, workers

Connect = Callable[..., socket.socket]
pytestmark = pytest.mark.engine
ROW = b"0.1,0.2,0.3\n"
POST = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nConnection: close\r\n"
PINGS, P99_SECONDS = 200, 0.1
ANSWER_ROWS = 50_000
"""Their answer as JSON Lines is 1 MB: more than a connection buffers."""
LARGE = ROW * ANSWER_ROWS
ASKING_MUCH = POST + b"Accept: application/jsonlines\r\nContent-Length: %d\r\n\r\n%s" % (len(LARGE), LARGE)


@dataclass(frozen=True)
class Client:
    """`count` of a kind: each sends `first`, then goes on by a byte at a time."""

    count: int
    first: bytes
    go_on: Callable[[socket.socket], object]


CLIENTS = {
    "40 slow headers": Client(40, POST + b"X-Slow: ", lambda connection: connection.send(b"x")),
    "40 slow bodies": Client(40, POST + b"Content-Length: 1000\r\n\r\n", lambda connection: connection.send(b"1")),
    "40 slow readers": Client(40, ASKING_MUCH, lambda connection: connection.recv(1)),
    "500 idle": Client(500, b"", lambda connection: None),
}


@pytest.mark.parametrize("kind", CLIENTS)
def test_others_are_answered_beside(kind: str, endpoint: Container, connect: Connect) -> None:
    clients = CLIENTS[kind]
    slow = [connect(endpoint, received=4096) for _ in range(clients.count)]
    for connection in slow:
        connection.sendall(clients.first)
    times = []
    for place in range(PINGS):
        clients.go_on(slow[place % len(slow)])
        times.append(ping(endpoint))
        if place % 10 == 0:
            assert invoke(endpoint, ROW)[0] == 200
    assert sorted(times)[int(PINGS * 0.99) - 1] < P99_SECONDS, sorted(times)[-5:]


def test_slow_reader_gets_all_of_its_answer(endpoint: Container, connect: Connect) -> None:
    reader = connect(endpoint, received=4096)
    reader.sendall(ASKING_MUCH)
    answer = b"".join(reader.recv(1) for _ in range(PINGS) if ping(endpoint))
    answer += b"".join(iter(lambda: reader.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body.count(b"{") == ANSWER_ROWS


GONE_AFTER = {
    "a part of the headers": POST,
    "a part of the body": POST + b"Content-Length: 1000\r\n\r\n0.1,",
    "a part of a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nff\r\n0.1,",
    "its request": ASKING_MUCH,
}


@pytest.mark.parametrize("sent", GONE_AFTER)
def test_client_that_goes_after(sent: str, endpoint: Container, connect: Connect) -> None:
    before, logged = all_workers(endpoint), len(endpoint.logs())
    for _ in range(20):
        connection = connect(endpoint)
        connection.sendall(GONE_AFTER[sent])
        # Closing resets the connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        assert invoke(endpoint, ROW)[0] == 200
    assert workers(endpoint) == before
    assert b'"error"' not in endpoint.logs()[logged:], endpoint.logs()[logged:].decode()
