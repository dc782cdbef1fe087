"""The head of an HTTP/1.1 request: its bytes in, what it asks out, or why it is refused.

One grammar, stricter than RFC 9112 lets a server be: what two readers could take for different requests is refused,
never mended. Heads are remembered: a client sends the same one again and again, and to find it (0.4 us) costs a quarter
of what llhttp, a parser in C, takes to read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

LINE_BYTES, FIELD_BYTES, FIELDS, HEAD_BYTES = 4094, 8190, 100, 64 * 1024
"""The longest request line, the longest header with its name, the most headers, the most bytes of a head."""
CHUNKED = -1
"""As a length: the body comes in chunks."""
_REMEMBERED, _REMEMBERED_BYTES = 256, 1024
_LENGTH_DIGITS = 24

FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t -~\x80-\xff]*)")
_LINE = re.compile(
    rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) (?:https?://[^/?#\x00- ]+)?(/[!-~]*|\*) HTTP/1\.([01])"
)
_STARTED_LINE = re.compile(rb"[A-Z]{1,7}( [!-~]*( [HTP/1.0]{0,8})?)?\r?")
_HOST = re.compile(r"[A-Za-z0-9.\-_~%:\[\]]*")
_ONCE = {"HTTP_HOST", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}


class Refused(Exception):  # noqa: N818 - an answer, no error of ours
    """A request that is not answered but turned away; the connection ends with it."""

    def __init__(self, status: HTTPStatus, message: str, where: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.where = where


@dataclass(frozen=True, slots=True)
class Head:
    environ: Mapping[str, str]
    """WSGI's variables of this request."""
    length: int
    """Bytes of its body, or CHUNKED."""
    lasting: bool
    """The client wants to keep the connection."""
    expects: bool
    """The client waits for `100 Continue` before it sends the body."""
    modern: bool
    """HTTP/1.1; else HTTP/1.0, where an answer cannot come in chunks."""


def read(text: bytes) -> Head:
    """The head whose bytes these are, without the blank line at its end. Raises Refused."""
    return _remember(text) if len(text) <= _REMEMBERED_BYTES else _read(text)


def check_start(text: bytes) -> None:
    """Whether this may become a head. Raises Refused as soon as it cannot: who speaks no HTTP sends no blank line."""
    line, ended, fields = text.partition(b"\n")
    if len(line) > LINE_BYTES + 1:
        raise _long_line()
    if not (
        _LINE.fullmatch(line.removesuffix(b"\r")) and line[-1:] == b"\r" if ended else _STARTED_LINE.fullmatch(line)
    ):
        raise _bad("this is no request line of HTTP/1.1", "request line")
    if fields.count(b"\n") > fields.count(b"\r\n"):
        raise _bad("a line ends in LF without CR", "headers")
    if len(text) > HEAD_BYTES:
        raise _many()


def _read(text: bytes) -> Head:
    line, *lines = text.split(b"\r\n")
    if len(line) > LINE_BYTES:
        raise _long_line()
    found = _LINE.fullmatch(line)
    if not found:
        raise _bad("this is no request line of HTTP/1.1", "request line")
    if len(text) > HEAD_BYTES or len(lines) > FIELDS:
        raise _many()
    method, target, minor = found.groups()
    path, _, query = target.partition(b"?")
    fields = _fields(lines)
    modern = minor == b"1"
    if modern and "HTTP_HOST" not in fields:
        raise _bad("HTTP/1.1 asks for a Host", "header Host")
    if not _HOST.fullmatch(fields.get("HTTP_HOST", "")):
        raise _bad("this is no host", "header Host")
    wishes = {word.strip() for word in fields.get("HTTP_CONNECTION", "").lower().split(",")}
    expectation = fields.get("HTTP_EXPECT", "").lower() if modern else ""
    if expectation not in ("", "100-continue"):
        raise Refused(HTTPStatus.EXPECTATION_FAILED, "nothing but 100-continue can be expected", "header Expect")
    length = _length(fields, modern=modern)
    fields |= {
        "REQUEST_METHOD": method.decode(),
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode(),
        "SERVER_PROTOCOL": f"HTTP/1.{minor.decode()}",
    }
    lasting = "close" not in wishes and (modern or "keep-alive" in wishes)
    return Head(fields, length, lasting, expectation != "", modern)


_remember = lru_cache(_REMEMBERED)(_read)


def _fields(lines: list[bytes]) -> dict[str, str]:
    """The headers under their names in WSGI; those of one name are joined, as RFC 9110 5.3 has it."""
    fields: dict[str, str] = {}
    for line in lines:
        if len(line) > FIELD_BYTES:
            raise Refused(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a header has more than {FIELD_BYTES} bytes", "headers"
            )
        found = FIELD.fullmatch(line)
        if not found:
            raise _bad("a line is no header: a name, a colon and printable text", "headers")
        name = found[1].decode()
        if "_" in name:  # WSGI could not tell it from the same name with a hyphen
            continue
        key = "HTTP_" + name.upper().replace("-", "_")
        value = found[2].decode("latin-1").rstrip("\t ")
        if key in fields:
            if key in _ONCE:
                raise _bad("this header may come only once", f"header {name.title()}")
            value = f"{fields[key]},{value}"
        fields[key] = value
    return fields


def _length(fields: dict[str, str], *, modern: bool) -> int:
    """Bytes of the body, or CHUNKED. Gives the two headers of the body their names in WSGI, which lack HTTP_."""
    declared, coding = fields.pop("HTTP_CONTENT_LENGTH", None), fields.get("HTTP_TRANSFER_ENCODING")
    if "HTTP_CONTENT_TYPE" in fields:
        fields["CONTENT_TYPE"] = fields.pop("HTTP_CONTENT_TYPE")
    if coding is not None:
        if declared is not None or not modern:
            raise _bad("a body has either a length or, in HTTP/1.1, a transfer coding", "header Transfer-Encoding")
        if coding.lower() == "chunked":
            return CHUNKED
        if "chunked" in coding.lower():
            raise _bad("chunked may be the only transfer coding", "header Transfer-Encoding")
        raise Refused(HTTPStatus.NOT_IMPLEMENTED, "chunked is the only transfer coding", "header Transfer-Encoding")
    if declared is None:
        return 0
    if not (declared.isascii() and declared.isdigit() and len(declared) <= _LENGTH_DIGITS):
        raise _bad("the length is no number of bytes", "header Content-Length")
    fields["CONTENT_LENGTH"] = declared
    return int(declared)


def _bad(message: str, where: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, message, where)


def _long_line() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_URI_TOO_LONG, f"the request line has more than {LINE_BYTES} bytes", "request line"
    )


def _many() -> Refused:
    message = f"there are more than {FIELDS} headers or {HEAD_BYTES} bytes of them"
    return Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, message, "headers")
