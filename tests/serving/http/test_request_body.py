"""Bodies of requests as the application reads them, from a client in the same process."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import gevent
import pytest

from serving.http.patience import Patience
from serving.http.request_body import Body, BrokenError, Chunked, Sized
from serving.http.wire import Wire

Sent = Callable[..., Wire]


@pytest.fixture
def sent() -> Iterator[Sent]:
    """A wire on which a client sends these pieces, one at a time, and then ends unless it is to stay."""
    sockets: list[socket.socket] = []

    def send(*pieces: bytes, received: bytes = b"", stays: bool = False) -> Wire:
        client, server = socket.socketpair()
        sockets.extend((client, server))
        wire = Wire(server, Patience())
        wire.data = received
        gevent.spawn(deliver, client, pieces, stays)
        return wire

    yield send
    for each in sockets:
        each.close()


def deliver(client: socket.socket, pieces: tuple[bytes, ...], stays: bool) -> None:
    client.setblocking(False)
    for piece in pieces:
        left = piece
        while left:
            try:
                left = left[client.send(left) :]
            except BlockingIOError:
                gevent.sleep(0)
        gevent.sleep(0)
    if not stays:
        client.shutdown(socket.SHUT_WR)


def pieces_of(body: Body, size: int) -> list[bytes]:
    return list(iter(lambda: body.read(size), b""))


def test_sized_body_ends_at_its_length(sent: Sent) -> None:
    wire = sent(b"cdefNEXT", received=b"ab", stays=True)
    body = Sized(wire, 6, expected=False)
    assert not body.ended
    assert pieces_of(body, 4) == [b"abcd", b"ef"]
    assert body.ended
    assert (wire.more(), wire.data) == (True, b"NEXT")


def test_sized_body_that_breaks_off_is_broken(sent: Sent) -> None:
    with pytest.raises(BrokenError, match="3 bytes before"):
        Sized(sent(b"cd", received=b"ab"), 7, expected=False).read()


def test_client_that_expects_is_told_to_go_on_when_its_body_is_wanted() -> None:
    client, server = socket.socketpair()
    with client, server:
        reading = gevent.spawn(Sized(Wire(server, Patience()), 2, expected=True).read)
        gevent.sleep(0)
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ab")
        assert reading.get() == b"ab"


def test_what_is_received_is_skipped(sent: Sent) -> None:
    wire = sent(received=b"abcNEXT")
    body = Sized(wire, 3, expected=False)
    body.skip()
    assert (body.ended, wire.data[wire.at :]) == (True, b"NEXT")


CHUNKS = b"3\r\nabc\r\n0A;x=y\r\ndefghijklm\r\n1 ; z\r\nn\r\n0\r\nTrailer: t\r\n\r\nNEXT"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("size", [-1, 1, 4, 100])
def test_chunks_are_joined_however_they_come(sent: Sent, piece: int, size: int) -> None:
    wire = sent(*(CHUNKS[at : at + piece] for at in range(0, len(CHUNKS), piece)), stays=True)
    body = Chunked(wire, expected=False)
    assert b"".join(pieces_of(body, size)) == b"abcdefghijklmn"
    assert body.ended
    while len(wire.data) - wire.at < 4:
        wire.more()
    assert wire.data[wire.at :] == b"NEXT"


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-1\r\na\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"3_0\r\nabc\r\n0\r\n\r\n",
        b"\r\nabc\r\n0\r\n\r\n",
        b"10000000000000000\r\na\r\n0\r\n\r\n",
        b"3\nabc\n0\n\n",
        b"3;a\nb\r\nabc\r\n0\r\n\r\n",
        b"2\r\nabc\r\n0\r\n\r\n",
        b"4\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n",
        b"3\r\nabc\r\n0\r\n",
        b"3\r\nab",
        b"",
        b"3\r\nabc\r\n0\r\nno trailer\r\n\r\n",
        b"3\r\nabc\r\n0\r\n" + b"X: a\r\n" * 3000 + b"\r\n",
        b"3" + b";" * 70000,
    ],
    ids=lambda chunks: repr(chunks[:24]),
)
@pytest.mark.parametrize("received", [True, False])
def test_damaged_chunks_are_broken(sent: Sent, chunks: bytes, received: bool) -> None:
    wire = sent(received=chunks) if received else sent(chunks)
    with pytest.raises(BrokenError):
        pieces_of(Chunked(wire, expected=False), 1000)


def test_a_million_chunks_of_one_byte_are_read_within_seconds(sent: Sent) -> None:
    wire = sent(b"1\r\n5\r\n" * 1_000_000 + b"0\r\n\r\n")
    started = time.process_time()
    assert Chunked(wire, expected=False).read() == b"5" * 1_000_000
    assert time.process_time() - started < 3
