"""A client's bytes, through the HTTP connection: what they are cut into on their way must not change what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

from serving.http import connection
from serving.http.connection import Connection, Host
from serving.http.request_body import BrokenError

_MOST = 1000
"""Bytes of a body that the application reads; it answers to what is larger without having read all of it."""
_ANSWER = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [ -~]+\r\n((?:[!-9;-~]+: [ -~]*\r\n)*)\r\n")
_PATIENCE: Any = SimpleNamespace(limit=lambda seconds: nullcontext())
"""For ever: nothing waits here."""
_PRINTABLE = re.compile(r"[\t -~\x80-\xff]*")
_LENGTH = re.compile(rb"^Content-Length: ([0-9]+)\r$", re.MULTILINE)


class Asked(NamedTuple):
    """A request as it reached the application."""

    environ: dict[str, str]
    body: bytes | None
    """None where it is broken."""


class Pieces:
    """A serving.http.wire.Wire that gives a client's bytes in pieces of some size, and keeps what is sent to it."""

    def __init__(self, client: tuple[bytes, int], patience: object) -> None:
        content, size = client
        self.data, self.at, self.patience = b"", 0, patience
        self.sent = b""
        self._coming = iter([content[start : start + size] for start in range(0, len(content), size)])
        self._rest = b""

    def wait(self) -> None:
        pass

    def more(self) -> bool:
        received = self.receive(1 << 16)
        self.data, self.at = self.data[self.at :] + received, 0
        return received != b""

    def receive(self, most: int) -> bytes:
        piece = self._rest or next(self._coming, b"")
        self._rest = piece[most:]
        return piece[:most]

    def send(self, data: bytes) -> None:
        self.sent += data

    def linger(self, seconds: float, most: int) -> None:
        self._coming = iter(())

    def close(self) -> None:
        pass


def connect(data: bytes) -> None:
    """The first byte is the size of the pieces that the rest comes in once more."""
    size, content = (data[0] if data else 0) or 1, data[1:]
    whole, answers = _serve(content, len(content) or 1)
    cut, cut_answers = _serve(content, size)
    assert cut == whole
    assert [number for number, _ in cut_answers] == [number for number, _ in answers]
    assert all(number < 500 or number in (501, 505) for number, _ in answers)
    assert len(answers) - len(whole) in (0, 1), "each request has an answer, and one may be refused before it is one"
    for request in whole:
        fields = {name: value for name, value in request.environ.items() if name != "PATH_INFO"}
        assert all(_PRINTABLE.fullmatch(value) for value in fields.values()), "what is no text passed for a header"


def _serve(content: bytes, size: int) -> tuple[list[Asked], list[tuple[int, bytes]]]:
    """The requests, and the answers' statuses and bodies."""
    asked: list[Asked] = []

    def application(environ: dict[str, Any], start_response: Any) -> tuple[bytes, ...]:
        try:
            body = environ["wsgi.input"].read(_MOST)
        except BrokenError:
            body = None
        asked.append(Asked({name: value for name, value in environ.items() if isinstance(value, str)}, body))
        start_response(
            "200 OK" if body is not None else "400 Bad Request", [("Connection", "close")][body is not None :]
        )
        return (b"seen",)

    host = Host(application, {}, _PATIENCE, date=b"Date: x\r\n\r\n")
    broke: list[object] = []
    log = SimpleNamespace(info=_ignore, debug=_ignore, exception=broke.append)
    with mock.patch.multiple(connection, Wire=Pieces, gevent=SimpleNamespace(sleep=_ignore), log=log):
        client: Any = (content, size)
        one = Connection(client, ("127.0.0.1", 1), host)
        one.serve()
    assert not broke
    sent: Any = one._wire
    return asked, list(_answers(sent.sent, asked))


def _ignore(*_: object, **__: object) -> None:
    pass


def _answers(sent: bytes, asked: list[Asked]) -> Iterator[tuple[int, bytes]]:
    """Every byte of `sent` belongs to an answer."""
    at = 0
    methods = iter([one.environ["REQUEST_METHOD"] for one in asked])
    while at < len(sent):
        found = _ANSWER.match(sent, at)
        assert found, sent[at:]
        at = found.end()
        if found[1] == b"100":
            continue
        length = _LENGTH.search(found[2])
        assert length
        size = 0 if next(methods, "") == "HEAD" else int(length[1])
        body = sent[at : at + size]
        assert len(body) == size
        at += size
        yield int(found[1]), body
