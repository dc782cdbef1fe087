from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from local_mode.conformance.exchange import NoReplyError, ask

ANSWERS = {
    b"/json": b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}',
    b"/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    b"/closed": b"",
    b"/empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"/blank": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\n",
    b"/early": b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n",
}


@pytest.fixture
def address() -> Iterator[str]:
    """A server that answers by the request's path, /silent never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                kept.append(connection)
                head = connection.recv(65536)
                path = head.split(b" ")[1]
                if path == b"/echo":
                    while b"0\r\n\r\n" not in head:
                        head += connection.recv(65536)
                    body = head.split(b"\r\n\r\n", 1)[1]
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                if path != b"/silent":
                    connection.sendall(ANSWERS.get(path, b""))
                    connection.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in kept:
            connection.close()


def test_answer_is_read(address: str) -> None:
    reply = ask(address, "GET", "/json")
    assert (reply.status, reply.ok, reply.json, str(reply)) == (200, True, {"a": 1}, '200 {"a": 1}')


@pytest.mark.parametrize(("path", "said"), [("/empty", "200 and an empty body"), ("/blank", "200 and a blank body")])
def test_answer_without_text_is_said_to_be_so(address: str, path: str, said: str) -> None:
    assert str(ask(address, "GET", path)) == said


def test_body_in_pieces_is_sent_chunked(address: str) -> None:
    assert ask(address, "POST", "/echo", [b"abc", b"de"]).body == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


def test_answer_before_the_end_of_the_body_counts(address: str) -> None:
    assert ask(address, "POST", "/early", b"x").status == 413


@pytest.mark.parametrize(
    ("path", "said"),
    [("/silent", "no answer within 0.2 s"), ("/closed", "closed without an answer"), ("/cut", "without an answer")],
)
def test_no_answer_is_said(address: str, path: str, said: str) -> None:
    with pytest.raises(NoReplyError, match=said):
        ask(address, "GET", path, seconds=0.2)


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NoReplyError, match="no connection"):
            ask(f"http://127.0.0.1:{unused.getsockname()[1]}", "GET", "/ping")
