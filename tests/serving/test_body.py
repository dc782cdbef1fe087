from __future__ import annotations

import io
from typing import Any

import pytest

from contract.errors import UserError
from serving import body


class Reader(io.BytesIO):
    """Like an HTTP server's reader, it notes how much was asked for."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked += size or 0
        return super().read(size)


def environ(content: bytes, **more: str) -> dict[str, Any]:
    return {"wsgi.input": Reader(content), **more}


@pytest.mark.parametrize("length", [{"CONTENT_LENGTH": "10"}, {}], ids=["declared", "chunked"])
def test_body_of_the_limit_is_whole(length: dict[str, str]) -> None:
    assert body.read(environ(b"0123456789", **length), 10) == b"0123456789"


def test_chunked_body_over_the_limit_is_never_cut_to_it() -> None:
    with pytest.raises(UserError, match="larger than the 10 bytes") as caught:
        body.read(environ(b"0123456789x"), 10)
    assert caught.value.code == "too_large"


def test_declared_length_over_the_limit_is_refused_unread() -> None:
    request = environ(b"x" * 100, CONTENT_LENGTH="100")
    with pytest.raises(UserError) as caught:
        body.read(request, 10)
    assert caught.value.code == "too_large"
    assert request["wsgi.input"].asked == 0


def test_body_shorter_than_declared_is_an_error() -> None:
    with pytest.raises(UserError, match="ends after 3 of its declared 5 bytes"):
        body.read(environ(b"abc", CONTENT_LENGTH="5"), 10)


@pytest.mark.parametrize("length", ["-1", "x", "1" * 5000, "٣"])
def test_length_is_a_number(length: str) -> None:
    with pytest.raises(UserError, match="not a number of bytes"):
        body.read(environ(b"abc", CONTENT_LENGTH=length), 10)


@pytest.mark.parametrize("length", [{"CONTENT_LENGTH": "0"}, {"CONTENT_LENGTH": ""}, {}])
def test_empty_body_is_an_error(length: dict[str, str]) -> None:
    with pytest.raises(UserError, match="empty"):
        body.read(environ(b"", **length), 10)


def test_broken_framing_is_the_clients_error_but_a_time_out_is_told_apart() -> None:
    class Broken:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def read(self, size: int) -> bytes:
            raise self.error

    with pytest.raises(UserError, match="breaks off"):
        body.read({"wsgi.input": Broken(RuntimeError("chunk"))}, 10)
    with pytest.raises(TimeoutError):
        body.read({"wsgi.input": Broken(TimeoutError())}, 10)


@pytest.mark.parametrize("length", [{"CONTENT_LENGTH": str(3 * body.PIECE + 1)}, {}], ids=["declared", "chunked"])
def test_pieces_are_bounded_and_together_the_body(length: dict[str, str]) -> None:
    content = bytes(range(256)) * (3 * body.PIECE // 256) + b"x"
    request = environ(content, **length)
    pieces = list(body.pieces(request, body.declared(request), len(content)))
    assert b"".join(pieces) == content
    assert {len(piece) for piece in pieces} == {body.PIECE, 1}


def test_too_large_a_body_is_told_the_remedy() -> None:
    with pytest.raises(UserError, match="the 3 bytes accepted: send less"):
        list(body.pieces(environ(b"1234"), None, 3, "send less"))
    with pytest.raises(UserError, match="the 3 bytes accepted: send fewer rows at once"):
        body.read(environ(b"1234", CONTENT_LENGTH="4"), 3)
