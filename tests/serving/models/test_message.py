"""Messages come through whole however a socket cuts them."""

from __future__ import annotations

import socket

import pytest

from contract.errors import UserError
from serving.models import message
from serving.models.message import Message, Reader

HEAD = {"wish": "load", "name": "schön/../x"}


@pytest.mark.parametrize("body", [b"", b"1,2\n", b"x" * 100_000])
def test_message_comes_whole(body: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(message.pack(HEAD, body))
        assert message.receive(ours) == Message(HEAD, body)


def test_message_cut_anywhere_is_put_together() -> None:
    packed = message.pack(HEAD, b"body")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = Reader()
        for place in range(len(packed) - 1):
            theirs.sendall(packed[place : place + 1])
            assert reader.receive(ours) is None
        theirs.sendall(packed[-1:])
        assert reader.receive(ours) == Message(HEAD, b"body")


def test_next_message_begins_behind_the_first() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(message.pack(HEAD, b"body") + message.pack({"goodbye": True})[:9])
        reader = Reader()
        assert reader.wait(ours) == Message(HEAD, b"body")
        theirs.sendall(message.pack({"goodbye": True})[9:])
        assert reader.wait(ours) == Message({"goodbye": True})
        assert not reader.rest


@pytest.mark.parametrize("sent", [0, 3, 20])
def test_end_before_the_end_of_a_message_is_an_error(sent: int) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(message.pack(HEAD, b"body")[:sent])
        theirs.close()
        with pytest.raises(EOFError):
            message.receive(ours)


def test_error_is_the_same_on_the_other_side() -> None:
    head = message.of_error(UserError("no", where="line 1", code="busy"))
    with pytest.raises(UserError) as caught:
        message.raise_error(head)
    assert (caught.value.message, caught.value.where, caught.value.code) == ("no", "line 1", "busy")
