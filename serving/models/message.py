"""What goes over the Unix sockets of multi-model: a JSON object and a body, each behind its length."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import Any

import orjson

from contract.errors import UserError

_LENGTHS = struct.Struct("!II")
_RECEIVED_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Message:
    head: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""


def pack(head: dict[str, Any], body: bytes = b"") -> bytes:
    text = orjson.dumps(head)
    return b"".join((_LENGTHS.pack(len(text), len(body)), text, body))


class Reader:
    """Puts together one message from the pieces in which a socket gives it; one is under way at a time."""

    def __init__(self) -> None:
        self._data = bytearray()

    def receive(self, connection: socket.socket, flags: int = 0) -> Message | None:
        """Read once; the message where that completes it. Raises EOFError where the other side has closed."""
        piece = connection.recv(_RECEIVED_BYTES, flags)
        if not piece:
            raise EOFError
        self._data += piece
        if len(self._data) < _LENGTHS.size:
            return None
        head, body = _LENGTHS.unpack_from(self._data)
        start = _LENGTHS.size + head
        if len(self._data) < start + body:
            return None
        data, self._data = self._data, bytearray()
        return Message(orjson.loads(data[_LENGTHS.size : start]), bytes(memoryview(data)[start:]))


def receive(connection: socket.socket) -> Message:
    """Wait for a whole message. Raises EOFError where the other side closes before."""
    reader = Reader()
    while True:
        message = reader.receive(connection)
        if message is not None:
            return message


def of_error(error: UserError) -> dict[str, Any]:
    """A UserError as a message's head; raise_error makes it one again on the other side."""
    return {"error": {"message": error.message, "where": error.where, "code": error.code}}


def raise_error(head: dict[str, Any]) -> None:
    if "error" in head:
        entry = head["error"]
        raise UserError(entry["message"], where=entry["where"], code=entry["code"])
