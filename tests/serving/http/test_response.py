"""Starts of answers: what they say of the bytes that follow."""

from __future__ import annotations

from typing import Any

import pytest

from serving.http import response

TYPE = (("Content-Type", "text/csv"),)
SIZED = (("content-length", "3"),)


@pytest.mark.parametrize(
    ("fields", "length", "options", "line", "expected"),
    [
        (TYPE, 5, {}, b"Content-Length: 5", (False, False, False)),
        (SIZED, 5, {}, b"content-length: 3", (False, False, False)),
        (SIZED, None, {}, b"content-length: 3", (False, False, False)),
        (TYPE, None, {}, b"Transfer-Encoding: chunked", (True, False, False)),
        (TYPE, None, {"modern": False}, b"Connection: close", (False, True, False)),
        (TYPE, 5, {"modern": False}, b"Connection: keep-alive", (False, False, False)),
        (TYPE, 5, {"closing": True}, b"Connection: close", (False, True, False)),
        ((*TYPE, ("Connection", "close")), 5, {}, b"Connection: close", (False, True, False)),
        (TYPE, 5, {"asked": False}, b"Content-Length: 5", (False, False, True)),
    ],
)
def test_length_and_connection(
    fields: response.Fields, length: int | None, options: dict[str, Any], line: bytes, expected: tuple[bool, ...]
) -> None:
    start = response.start("200 OK", fields, length, **options)
    assert start[1:] == expected
    lines = start.text.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert lines.count(line) == 1
    told = [each for each in lines if each.lower().startswith((b"content-length", b"transfer-encoding"))]
    assert len(told) == (0 if expected == (False, True, False) and length is None else 1)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_that_have_no_body_tell_no_length(status: str) -> None:
    for length in (0, None):
        start = response.start(status, (), length)
        assert start == (f"HTTP/1.1 {status}\r\n".encode(), False, False, True)


@pytest.mark.parametrize("field", [("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\nY", "b"), ("X", "a\0"), ("X", "\u20ac")])
def test_header_cannot_hold_another(field: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="control character"):
        response.start("200 OK", (field,), 0)
