"""Heads of requests: what they ask, and each rule of framing that turns one away."""

from __future__ import annotations

import pytest

from serving.http import head
from serving.http.head import CHUNKED, Refused

GET = b"GET /ping HTTP/1.1\r\nHost: x"
POST = b"POST /invocations HTTP/1.1\r\nHost: x"


def test_a_request_becomes_wsgis_variables() -> None:
    line = b"POST /a%20b%C3%A9?c=%20d HTTP/1.1\r\nHost: x:8080\r\n"
    read = head.read(line + b"content-type:  text/csv \r\nContent-Length: 12\r\nX-A: 1\r\nX-A: 2")
    assert read.environ == {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a b\xc3\xa9",
        "QUERY_STRING": "c=%20d",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "x:8080",
        "CONTENT_TYPE": "text/csv",
        "CONTENT_LENGTH": "12",
        "HTTP_X_A": "1,2",
    }
    assert (read.length, read.lasting, read.expects, read.modern) == (12, True, False, True)


@pytest.mark.parametrize(
    ("text", "lasting"),
    [
        (GET, True),
        (GET + b"\r\nConnection: Close", False),
        (GET + b"\r\nConnection: te, close", False),
        (b"GET /ping HTTP/1.0", False),
        (b"GET /ping HTTP/1.0\r\nConnection: Keep-Alive", True),
    ],
)
def test_who_keeps_the_connection(text: bytes, lasting: bool) -> None:
    assert head.read(text).lasting is lasting


def test_bodies_and_expectations() -> None:
    assert head.read(GET).length == 0
    assert head.read(POST + b"\r\nTransfer-Encoding: Chunked").length == CHUNKED
    assert head.read(POST + b"\r\nContent-Length: 5\r\nExpect: 100-Continue").expects
    assert not head.read(b"POST / HTTP/1.0\r\nExpect: 100-continue").expects


@pytest.mark.parametrize("target", [b"http://x/ping", b"https://x:8080/ping", b"/ping"])
def test_target_may_name_the_host(target: bytes) -> None:
    assert head.read(b"GET " + target + b" HTTP/1.1\r\nHost: x").environ["PATH_INFO"] == "/ping"


def test_name_with_an_underscore_shadows_none() -> None:
    read = head.read(POST + b"\r\nContent-Length: 5\r\nContent_Length: 6\r\nContent_Type: a/b\r\nX_A: 1")
    assert read.length == 5
    assert {"CONTENT_TYPE", "HTTP_X_A"}.isdisjoint(read.environ)


BAD = {
    "no version": b"GET /ping",
    "HTTP/0.9": b"GET /ping HTTP/0.9\r\nHost: x",
    "HTTP/2": b"PRI * HTTP/2.0",
    "unknown method": b"BREW /ping HTTP/1.1\r\nHost: x",
    "method in lower case": b"get /ping HTTP/1.1\r\nHost: x",
    "CONNECT": b"CONNECT x:1 HTTP/1.1\r\nHost: x",
    "two blanks": b"GET  /ping HTTP/1.1\r\nHost: x",
    "tab": b"GET\t/ping HTTP/1.1\r\nHost: x",
    "blank at the end": b"GET /ping HTTP/1.1 \r\nHost: x",
    "no slash": b"GET ping HTTP/1.1\r\nHost: x",
    "target in latin-1": b"GET /\xe9 HTTP/1.1\r\nHost: x",
    "CR in the target": b"GET /a\rb HTTP/1.1\r\nHost: x",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no Host": b"GET /ping HTTP/1.1",
    "two Hosts": GET + b"\r\nHost: x",
    "odd Host": b"GET /ping HTTP/1.1\r\nHost: a b",
    "no colon": GET + b"\r\nX",
    "no name": GET + b"\r\n: a",
    "blank before the colon": GET + b"\r\nX : a",
    "folded": GET + b"\r\nX: a\r\n b",
    "NUL": GET + b"\r\nX: a\0b",
    "NUL in a name": GET + b"\r\nX\0: a",
    "CR": GET + b"\r\nX: a\rb",
    "LF": GET + b"\r\nX: a\nY: b",
    "escape": GET + b"\r\nX: \x1b[31m",
    "odd name": GET + b"\r\nX(a): a",
    "length and chunked": POST + b"\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    "chunked and length": POST + b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
    "two lengths": POST + b"\r\nContent-Length: 5\r\nContent-Length: 5",
    "two lengths in one": POST + b"\r\nContent-Length: 5, 5",
    "negative length": POST + b"\r\nContent-Length: -5",
    "length with a sign": POST + b"\r\nContent-Length: +5",
    "length with an underscore": POST + b"\r\nContent-Length: 1_0",
    "empty length": POST + b"\r\nContent-Length:",
    "length of many digits": POST + b"\r\nContent-Length: " + b"1" * 25,
    "chunked twice": POST + b"\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "chunked twice in one": POST + b"\r\nTransfer-Encoding: chunked, chunked",
    "chunked not last": POST + b"\r\nTransfer-Encoding: chunked, identity",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_can_be_misread_is_refused(text: bytes) -> None:
    with pytest.raises(Refused) as caught:
        head.read(text)
    assert caught.value.status == 400
    assert caught.value.message
    assert caught.value.where


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET /" + b"a" * 4080 + b" HTTP/1.1\r\nHost: x", 0),
        (b"GET /" + b"a" * 4081 + b" HTTP/1.1\r\nHost: x", 414),
        (GET + b"\r\nX: " + b"a" * 8187, 0),
        (GET + b"\r\nX: " + b"a" * 8188, 431),
        (GET + b"\r\nX: a" * 99, 0),
        (GET + b"\r\nX: a" * 100, 431),
        (GET + (b"\r\nX: " + b"a" * 8000) * 9, 431),
        (POST + b"\r\nTransfer-Encoding: gzip", 501),
        (POST + b"\r\nTransfer-Encoding:", 501),
        (GET + b"\r\nExpect: more", 417),
    ],
)
def test_limits_and_what_is_not_offered(text: bytes, status: int) -> None:
    if not status:
        assert head.read(text).environ["REQUEST_METHOD"] == "GET"
        return
    with pytest.raises(Refused) as caught:
        head.read(text)
    assert caught.value.status == status


@pytest.mark.parametrize("text", [GET, POST + b"\r\nContent-Length: 5"])
def test_every_start_of_a_request_may_become_one(text: bytes) -> None:
    for size in range(1, len(text)):
        head.check_start(text[:size])


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (b"\x16\x03\x01", 400),
        (b"SSH-2.0-OpenSSH_9.2", 400),
        (b"hello", 400),
        (b"GET /ping\r\n", 400),
        (b"GET /ping HTTP/1.1\n", 400),
        (b"GET /ping HTTP/1.1\r\nHost: x\n\n", 400),
        (b"GET /" + b"a" * 5000, 414),
        (GET + b"\r\nX: " + b"a" * 66000, 431),
    ],
)
def test_what_cannot_become_a_request_is_refused_before_its_end(start: bytes, status: int) -> None:
    with pytest.raises(Refused) as caught:
        head.check_start(start)
    assert caught.value.status == status


def test_a_short_head_is_read_once() -> None:
    assert head.read(GET) is head.read(GET)
    long = GET + b"\r\nX: " + b"a" * 2000
    assert head.read(long) is not head.read(long)
