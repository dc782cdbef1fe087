"""How a request computes without holding up the others: what a worker lends to the endpoint it serves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeVar

from contract.errors import UserError

T = TypeVar("T")


class Concurrency(Protocol):
    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        """The result of `work`, while the worker goes on answering others; `quick` work need not make way for them."""

    def store(self, work: Callable[[], T]) -> T:
        """The result of `work`, which waits for a disk, while the worker goes on answering others."""

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        """Raises TimeoutError in the block when it waits for longer."""


class Direct:
    """In the calling thread, without limits: a process that serves one request at a time (tests, the probe)."""

    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        return work()

    def store(self, work: Callable[[], T]) -> T:
        return work()

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        return nullcontext()


class Gate:
    """Bytes of request bodies in flight in one worker, so that bodies waiting for a CPU cannot fill the memory."""

    def __init__(self, budget: int) -> None:
        self.free = budget

    def hold(self, size: int) -> Share:
        """Raises UserError (busy) where the budget is spent; a worker's requests run in one thread, so no lock."""
        share = Share(self)
        share.grow(size)
        return share


class Share:
    """What one request holds of a gate until the end of its block."""

    __slots__ = ("_gate", "_size")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._size = 0

    def grow(self, size: int) -> None:
        """Hold `size` bytes more. Raises UserError (busy)."""
        if size > self._gate.free:
            raise busy()
        self._gate.free -= size
        self._size += size

    def release(self) -> None:
        self._gate.free += self._size
        self._size = 0

    def __enter__(self) -> Share:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def busy() -> UserError:
    """Of what cannot be taken on now: 503, and the client may come again."""
    return UserError("too many requests are being computed; try again", code="busy")
