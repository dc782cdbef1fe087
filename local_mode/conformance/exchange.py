"""One request to a container, without the service between."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contract.limits import INVOCATION_SECONDS

LONGEST_ANSWER = 64 << 20


@dataclass(frozen=True)
class Reply:
    """`seconds` is from the connection to the last byte."""

    status: int
    body: bytes
    content_type: str
    seconds: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def __str__(self) -> str:
        shown = " ".join(self.text.split())
        if not shown:
            return f"{self.status} and {'a blank' if self.body else 'an empty'} body"
        return f"{self.status} {shown[:160]}" + ("…" if len(shown) > 160 else "")


class NoReplyError(Exception):
    """No answer came, or not all of it."""


def ask(
    address: str,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = INVOCATION_SECONDS,
) -> Reply:
    """Send a request; a body that is no bytes is sent in chunks. Raises NoReplyError."""
    parts = urllib.parse.urlsplit(address)
    chunked = not isinstance(body, bytes)
    given = dict(headers or {}) | ({"Transfer-Encoding": "chunked"} if chunked else {})
    began = time.monotonic()
    with contextlib.closing(
        http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    ) as connection:
        try:
            connection.request(method, path, body or None, given, encode_chunked=chunked)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered without reading on, as with 413
        except OSError as error:
            raise NoReplyError(f"no connection: {error}") from error
        try:
            response = connection.getresponse()
            answer = _read(response, began + seconds)
        except TimeoutError as error:
            raise NoReplyError(f"no answer within {seconds:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise NoReplyError(
                f"the connection was closed without an answer ({error or type(error).__name__})"
            ) from error
        return Reply(response.status, answer, response.getheader("content-type", ""), time.monotonic() - began)


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """All of an answer: a socket's own time-out starts anew with every byte."""
    answer = bytearray()
    while part := response.read1(1 << 16):
        answer += part
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(answer) > LONGEST_ANSWER:
            raise NoReplyError(f"the answer is over {LONGEST_ANSWER >> 20} MB")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(answer)
