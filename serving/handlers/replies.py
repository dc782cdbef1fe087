"""What a script's last function returned, made into an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract import limits
from contract.errors import AlgorithmError
from serving.answers import Answer
from serving.handlers import encoding, failures
from serving.handlers.context import RequestProcessor
from serving.invocation import ATTRIBUTES

MOST_BYTES = limits.BATCH_PAYLOAD_MEGABYTES * 1024 * 1024
"""Of an answer in one piece."""
_EXPECTED = "expected bytes, str, an object or list for JSON, an iterator of bytes, or one of them and its content type"


def build(result: Any, name: str, accept: str, processor: RequestProcessor) -> Answer:
    """The answer with `result` of the function `name` as its body, and with what the context was told.

    Raises AlgorithmError for what is no answer.
    """
    body, content_type = result if isinstance(result, tuple) and len(result) == 2 else (result, "")
    content_type = content_type or processor.content_type or accept
    if not (isinstance(content_type, str) and content_type.isascii() and content_type.isprintable()):
        raise AlgorithmError(f"{name} returned a content type of {type(content_type).__name__} that is no header")
    status = f"{processor.status} {processor.get_response_status_phrase()}"
    headers = ((ATTRIBUTES, processor.attributes),) if processor.attributes else ()
    if isinstance(body, Iterator):
        pieces = _pieces(body, name)
        # What fails before the first piece is there can still be answered by a status.
        chunks = _stream(next(pieces, b""), pieces)
        return Answer(status, content_type=content_type, headers=headers, chunks=chunks)
    content = _json(body, name) if isinstance(body, dict | list) else _bytes(body, name)
    if len(content) > MOST_BYTES:
        raise AlgorithmError(f"{name} returned {len(content)} bytes; expected {MOST_BYTES} at most, or an iterator")
    return Answer(status, content, content_type, headers)


def _stream(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(body: Iterator[Any], name: str) -> Iterator[bytes]:
    with failures.contained(name):
        for piece in body:
            yield _bytes(piece, name)


def _json(value: Any, name: str) -> bytes:
    try:
        return encoding.json(value)
    except TypeError as error:
        raise AlgorithmError(f"{name} returned what cannot be written as JSON: {error}") from error


def _bytes(value: Any, name: str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise AlgorithmError(f"{name} returned {type(value).__name__}; {_EXPECTED}")
