"""Connections, in this process: what a client sends to a small WSGI application, and what comes back."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import gevent
import pytest

from serving.http import connection, wire
from serving.http.connection import Connection, Host

GET = b"GET /ping HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
Client = Callable[..., bytes]


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/unread":
        start_response("413 Content Too Large", [])
        return (b"no",)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or -1))
    if path == "/fails":
        raise ValueError(body)
    if path == "/injects":
        start_response("200 OK", [("X-A", "a\r\nX-B: b")])
        return (b"",)
    start_response("204 No Content" if path == "/nothing" else "200 OK", [("X-A", "1")])
    if path == "/stream":
        return stream(body)
    return (body or path.encode(),)


def stream(body: bytes) -> Iterator[bytes]:
    yield body[:2]
    yield b""
    if body == b"fails":
        raise ValueError
    yield body[2:]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(connection, "_LINGER_SECONDS", 0.1)
    return Host(application, {"SERVER_PORT": "8080"})


@pytest.fixture
def client(host: Host) -> Client:
    """Sends the parts with a pause between them; returns all that comes back until the server closes."""

    def exchange(*parts: bytes, end: bool = True, pause: float = 0) -> bytes:
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            serving = gevent.spawn(Connection(theirs, ("127.0.0.1", 1), host).serve)
            for part in parts:
                ours.sendall(part)
                gevent.sleep(pause)
            if end:
                ours.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + 5
            while not serving.dead and time.monotonic() < deadline:
                host.tick()
                gevent.sleep(0.001)
            assert serving.dead
            assert host.active == 0
            return b"".join(iter(lambda: ours.recv(65536), b""))

    return exchange


def statuses(answers: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def test_answer_in_full(client: Client) -> None:
    answer = client(GET + b"\r\n")
    date = rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
    expected = rb"HTTP/1\.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\nDate: " + date + rb"\r\n\r\n/ping"
    assert re.fullmatch(expected, answer)


def test_requests_are_answered_in_their_order_however_they_come(client: Client) -> None:
    requests = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(5)]
    requests[2] = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n/2\r\n0\r\n\r\n"
    requests[3] = POST + b"Content-Length: 2\r\n\r\n/3"
    for parts in (requests, [b"".join(requests)], [bytes([byte]) for byte in b"".join(requests)]):
        assert re.findall(rb"\r\n\r\n(/\d)", client(*parts)) == [b"/%d" % n for n in range(5)]


def test_request_that_wants_to_be_the_last_is(client: Client) -> None:
    answer = client(GET + b"Connection: close\r\n\r\n" + GET + b"\r\n")
    assert statuses(answer) == [200]
    assert b"\r\nConnection: close\r\n" in answer
    assert statuses(client(b"GET / HTTP/1.0\r\n\r\n" + GET + b"\r\n", end=False)) == [200]


def test_http_1_0_may_keep_the_connection(client: Client) -> None:
    answer = client(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
    assert statuses(answer) == [200, 200]
    assert answer.count(b"\r\nConnection: keep-alive\r\n") == 2


def test_stopping_server_answers_and_closes(client: Client, host: Host) -> None:
    host.stopping = True
    answer = client(GET + b"\r\n", end=False)
    assert statuses(answer) == [200]
    assert b"\r\nConnection: close\r\n" in answer


def test_answers_without_a_body(client: Client) -> None:
    answer = client(b"HEAD /ping HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + GET + b"\r\n")
    assert statuses(answer) == [200, 204, 200]
    assert answer.count(b"/ping") == 1
    assert answer.startswith(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 5\r\n")


def test_pieces_of_unknown_length_come_in_chunks_or_until_the_end(client: Client) -> None:
    request = b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
    answer = client(request + GET + b"\r\n")
    assert b"\r\nTransfer-Encoding: chunked\r\n" in answer
    assert b"\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n" in answer
    old = client(request.replace(b"1.1", b"1.0") + GET + b"\r\n", end=False)
    assert statuses(old) == [200]
    assert old.endswith(b"\r\n\r\nabcde")


def test_stream_that_fails_is_seen_to_break_off(client: Client) -> None:
    answer = client(b"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfails", end=False)
    assert answer.endswith(b"2\r\nfa\r\n")


@pytest.mark.parametrize("path", [b"/fails", b"/injects"])
def test_application_that_fails_is_500_without_its_reasons(client: Client, path: bytes) -> None:
    answer = client(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nsecret", end=False)
    assert statuses(answer) == [500]
    assert b"secret" not in answer
    assert b"X-B" not in answer


def test_answer_to_a_body_that_was_not_read_reaches_who_sends_it_all(client: Client) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
    answer = client(head % 100_000 + b"\r\n", b"x" * 50_000, b"x" * 50_000)
    assert statuses(answer) == [413]
    assert b"\r\nConnection: close\r\n" in answer
    assert statuses(client(head % 5 + b"\r\nhello" + GET + b"\r\n")) == [413, 200]


REFUSED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00", 400),
    "HTTP/0.9": (b"GET /ping\r\n\r\n", 400),
    "bare LF": (b"GET /ping HTTP/1.1\nHost: x\n\n", 400),
    "no Host": (b"GET /ping HTTP/1.1\r\n\r\n", 400),
    "long line": (b"GET /" + b"a" * 9000, 414),
    "long headers": (GET + b"X: a\r\n" * 15_000, 431),
    "unknown coding": (POST + b"Transfer-Encoding: br\r\n\r\n", 501),
    "odd expectation": (POST + b"Expect: tea\r\n\r\n", 417),
}


@pytest.mark.parametrize(("request_", "status"), REFUSED.values(), ids=REFUSED)
def test_refusals_are_json_and_final(client: Client, request_: bytes, status: int) -> None:
    answer = client(request_, GET + b"\r\n")
    assert statuses(answer) == [status]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert list(json.loads(body)["error"]) == ["code", "message", "where"]
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in head
    assert b"\r\nConnection: close\r\n" in head


def test_request_that_breaks_off_is_400(client: Client) -> None:
    assert statuses(client(GET)) == statuses(client(GET + b"X: a\r\n")) == [400]


def test_refused_request_does_not_undo_those_before_it(client: Client) -> None:
    assert statuses(client(GET + b"\r\n" + POST + b"Content-Length: -1\r\n\r\n" + GET + b"\r\n")) == [200, 400]


def test_who_is_slow_with_its_head_gets_408_and_who_is_idle_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.05)
    assert statuses(client(GET, end=False)) == [408]
    assert client(end=False) == b""
    assert statuses(client(GET + b"\r\n", end=False)) == [200]


def ended(host: Host, pieces: Iterable[bytes], most: int) -> gevent.Greenlet:
    """The connection of a client that takes at most `most` bytes of its answer at a time, once it has ended."""
    host.application = lambda environ, start: start("200 OK", []) or pieces
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(GET + b"\r\n")
        serving = gevent.spawn(Connection(theirs, ("127.0.0.1", 1), host).serve)
        deadline = time.monotonic() + 5
        while not serving.dead and time.monotonic() < deadline:
            host.tick()
            with suppress(BlockingIOError):
                ours.recv(most, socket.MSG_DONTWAIT)
            gevent.sleep(0.005)
    assert serving.dead
    return serving


def test_who_takes_nothing_of_its_answer_is_left(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.05)
    assert ended(host, (b"x" * 10_000_000,), most=0).successful()
    assert host.active == 0


def test_who_takes_a_long_answer_byte_by_byte_is_left(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time it takes something, it may wait anew; but not for as often as it likes."""
    monkeypatch.setattr(connection, "TAKE_SECONDS", 0.2)
    ended(host, iter([b"x" * 100_000] * 100), most=1000)
    assert host.active == 0


def test_requests_that_reach_no_application_are_told_of(host: Host, client: Client) -> None:
    told: list[int] = []
    host.refused = told.append
    client(b"GET / HTTP/9\r\n\r\n")
    client(POST + b"Transfer-Encoding: gzip\r\n\r\n")
    assert told == [400, 501]
