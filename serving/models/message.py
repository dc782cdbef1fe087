"""What goes over the Unix sockets of multi-model: a JSON object and a body, each behind its length."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import Any

import orjson

from contract.errors import UserError

SMALL_BYTES = 1 << 16
"""Bodies up to this size are passed on at once; of larger ones each worker has one computed at a time."""
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
    """Puts together messages from the pieces in which a socket gives them."""

    def __init__(self) -> None:
        self.rest = bytearray()
        """What came behind the last message."""

    def receive(self, connection: socket.socket, flags: int = 0) -> Message | None:
        """Read once; the message where that completes one. Raises EOFError where the other side has closed."""
        piece = connection.recv(_RECEIVED_BYTES, flags)
        if not piece:
            raise EOFError
        self.rest += piece
        if len(self.rest) < _LENGTHS.size:
            return None
        head, body = _LENGTHS.unpack_from(self.rest)
        start = _LENGTHS.size + head
        if len(self.rest) < (end := start + body):
            return None
        data, self.rest = self.rest, self.rest[end:]
        return Message(orjson.loads(data[_LENGTHS.size : start]), bytes(memoryview(data)[start:end]))

    def wait(self, connection: socket.socket) -> Message:
        """Read until there is a whole message."""
        while (message := self.receive(connection)) is None:
            pass
        return message


def receive(connection: socket.socket) -> Message:
    """Wait for a whole message. Raises EOFError where the other side closes before."""
    return Reader().wait(connection)


def of_error(error: UserError) -> dict[str, Any]:
    """A UserError as a message's head; raise_error makes it one again on the other side."""
    return {"error": {"message": error.message, "where": error.where, "code": error.code}}


def raise_error(head: dict[str, Any]) -> None:
    if "error" in head:
        entry = head["error"]
        raise UserError(entry["message"], where=entry["where"], code=entry["code"])
