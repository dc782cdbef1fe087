"""How a request computes without holding up the others: what a worker lends to the endpoint it serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TypeVar

from contract.errors import UserError

T = TypeVar("T")


class Concurrency(Protocol):
    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        """The result of `work`, while the worker goes on answering others; `quick` work need not make way for them."""

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        """Raises TimeoutError in the block when it waits for longer."""


class Direct:
    """In the calling thread, without limits: a process that serves one request at a time (tests, the probe)."""

    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        return work()

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        return nullcontext()


class Gate:
    """Bytes of request bodies in flight in one worker, so that bodies waiting for a CPU cannot fill the memory."""

    def __init__(self, budget: int) -> None:
        self._free = budget

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Raises UserError (busy) where the budget is spent; a worker's requests run in one thread, so no lock."""
        if size > self._free:
            raise UserError("too many requests are being computed; try again", code="busy")
        self._free -= size
        try:
            yield
        finally:
            self._free += size
