"""A request's body: read whole and never beyond the limit, whether its length was declared or it came in chunks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.errors import UserError, show

_LENGTH_DIGITS = 24


def read(environ: Mapping[str, Any], limit: int) -> bytes:
    """The body of a WSGI request, at most `limit` bytes.

    Raises UserError: too_large where there is more (at once where the declared length says so), unsupported_encoding
    for a compressed body, bad_input for one that ends before its declared length, breaks its framing or is empty.
    """
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        raise UserError(
            f"content encoding {show(encoding)} is not accepted; send the body as it is", code="unsupported_encoding"
        )
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared:
        return _read_declared(environ, declared, limit)
    # One byte more than allowed is asked for: a reader that stops at the limit cannot tell a whole body from a cut one.
    body = _read(environ, limit + 1)
    if len(body) > limit:
        raise too_large(limit)
    return _not_empty(body)


def expected(environ: Mapping[str, Any], limit: int) -> int:
    """The most bytes that `read` will hold."""
    declared = environ.get("CONTENT_LENGTH") or ""
    return min(_length(declared), limit) if declared else limit + 1


def too_large(limit: int) -> UserError:
    return UserError(f"the body is larger than the {limit} bytes accepted", where="body", code="too_large")


def _read_declared(environ: Mapping[str, Any], declared: str, limit: int) -> bytes:
    length = _length(declared)
    if length > limit:
        raise too_large(limit)
    body = _read(environ, length) if length else b""
    if len(body) < length:
        raise UserError(f"the body ends after {len(body)} of its declared {length} bytes", where="body")
    return _not_empty(body)


def _length(declared: str) -> int:
    if not (declared.isascii() and declared.isdigit() and len(declared) <= _LENGTH_DIGITS):
        raise UserError(f"content length {show(declared)} is not a number of bytes", where="header Content-Length")
    return int(declared)


def _read(environ: Mapping[str, Any], size: int) -> bytes:
    try:
        data: bytes = environ["wsgi.input"].read(size)
    except TimeoutError:
        raise
    except Exception as error:  # each HTTP server's reader raises its own kinds: a broken chunk, a client gone
        raise UserError("the body breaks off or its chunks are malformed", where="body") from error
    return data


def _not_empty(body: bytes) -> bytes:
    if not body:
        raise UserError("the body is empty; send at least one row", where="body")
    return body
