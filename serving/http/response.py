"""The start of an answer: its status line and headers, and what they say of the bytes that follow."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Fields: TypeAlias = tuple[tuple[str, str], ...]

_PRINTABLE = re.compile(r"[\t -~\x80-\xff]*")
_REMEMBERED = 256


class Start(NamedTuple):
    text: bytes
    """To be followed by a Date, a blank line and the body."""
    chunked: bool
    """The body comes in chunks, since its length is not known."""
    closing: bool
    """The connection ends with this answer."""
    silent: bool
    """No body follows, whatever the application gave."""


@lru_cache(_REMEMBERED)
def start(
    status: str, fields: Fields, length: int | None, *, modern: bool = True, closing: bool = False, asked: bool = True
) -> Start:
    """What stands before a body of `length` bytes, None where that is not known.

    `modern`: the client speaks HTTP/1.1. `asked`: it wants the body, not only its headers. Answers are much alike, so
    that most of their starts are remembered. Raises ValueError where a header holds what would end it.
    """
    lines = [f"HTTP/1.1 {status}"]
    for name, value in fields:
        if name.lower() == "connection":  # the application knows one word to say of it
            closing = True
        else:
            lines.append(f"{name}: {value}")
    bodiless = status.startswith(("1", "204", "304"))
    sized = any(name.lower() == "content-length" for name, _ in fields)
    chunked = modern and length is None and not sized and not bodiless
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    elif length is not None and not sized and not bodiless:
        lines.append(f"Content-Length: {length}")
    elif not sized and not bodiless:
        closing = True
    if closing:
        lines.append("Connection: close")
    elif not modern:
        lines.append("Connection: keep-alive")
    if not all(map(_PRINTABLE.fullmatch, lines)):
        raise ValueError("a header of an answer holds a control character")
    return Start("\r\n".join([*lines, ""]).encode("latin-1"), chunked, closing, bodiless or not asked)
