"""A request's body: in pieces and never beyond the limit, whether its length was declared or it comes in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.errors import UserError, show

PIECE = 1 << 16
"""Bytes asked for at a time; what has come of them does not count yet at the gate of serving.concurrency."""
FEWER = "send fewer rows at once"
"""What may be done with too large a body, mostly."""
_LENGTH_DIGITS = 24


def read(environ: Mapping[str, Any], limit: int) -> bytes:
    """The whole body of a WSGI request, at most `limit` bytes. Raises UserError as `pieces` does."""
    return b"".join(pieces(environ, declared(environ), limit))


def pieces(environ: Mapping[str, Any], length: int | None, limit: int, remedy: str = FEWER) -> Iterator[bytes]:
    """The body, of the declared `length` or in chunks, in pieces of at most PIECE bytes, at most `limit` all.

    Raises UserError: too_large where there is more (at once where the declared length says so; `remedy` is told with
    it), bad_input where the body ends before its declared length, breaks its framing or is empty.
    """
    if length is not None and length > limit:
        raise too_large(limit, remedy)
    received = 0
    # One byte more than allowed is asked for: a reader that stops at the limit cannot tell a whole body from a cut one.
    most = limit + 1 if length is None else length
    while received < most and (piece := _read(environ, min(PIECE, most - received))):
        received += len(piece)
        if received > limit:
            raise too_large(limit, remedy)
        yield piece
    if length is not None and received < length:
        raise UserError(f"the body ends after {received} of its declared {length} bytes", where="body")
    if not received:
        raise UserError("the body is empty; send at least one row", where="body")


def declared(environ: Mapping[str, Any]) -> int | None:
    """The declared length, None for a body in chunks.

    Raises UserError: unsupported_encoding for a compressed body, bad_input for a length that is none.
    """
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        raise UserError(
            f"content encoding {show(encoding)} is not accepted; send the body as it is", code="unsupported_encoding"
        )
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LENGTH_DIGITS):
        raise UserError(f"content length {show(text)} is not a number of bytes", where="header Content-Length")
    return int(text)


def too_large(limit: int, remedy: str) -> UserError:
    return UserError(f"the body is larger than the {limit} bytes accepted: {remedy}", where="body", code="too_large")


def _read(environ: Mapping[str, Any], size: int) -> bytes:
    try:
        data: bytes = environ["wsgi.input"].read(size)
    except TimeoutError:
        raise
    except Exception as error:  # each HTTP server's reader raises its own kinds: a broken chunk, a client gone
        raise UserError("the body breaks off or its chunks are malformed", where="body") from error
    return data
