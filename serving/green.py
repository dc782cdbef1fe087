"""How requests compute in a gevent worker: what is quick at once, what takes long in a thread beside the loop."""

from __future__ import annotations

import os
import signal

# Taken here, before gevent may replace them by its own: what waits in a native thread waits natively.
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from queue import SimpleQueue
from typing import Any, NoReturn, TypeVar

from gevent import get_hub
from gevent.hub import Waiter
from gevent.lock import BoundedSemaphore

from contract.errors import AlgorithmError
from serving.concurrency import busy
from serving.http.patience import Patience

T = TypeVar("T")


class Green:
    """serving.concurrency.Concurrency in a gevent worker.

    Small requests are computed at once: handing one over costs more than it. Large ones go, one at a time, to a native
    thread, where the library's call and numpy's release the interpreter lock and the event loop goes on.
    """

    def __init__(self, seconds: float, patience: Patience) -> None:
        self._seconds = seconds
        self._patience = patience
        self._turn = BoundedSemaphore(1)
        self._hangs = False
        """What was computed last does not end, and nothing behind it begins."""
        self._computing = NativeThread()
        self._storing = NativeThread()

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        return self._patience.limit(seconds)

    def store(self, work: Callable[[], T]) -> T:
        return self._storing.run(work)()

    def compute(self, work: Callable[[], T], *, quick: bool) -> T:
        """Raises UserError (busy) where the turn does not come in time, AlgorithmError where the work does not end."""
        if quick:
            return work()
        if not self._turn.acquire(timeout=self._seconds):
            raise busy()
        try:
            if self._hangs:
                raise busy()
            with self.limit(self._seconds):
                outcome = self._computing.run(work)
        except TimeoutError as timeout:
            self._hangs = True
            # A native call cannot be interrupted. This process ends when its other requests are answered; gunicorn
            # starts another.
            os.kill(os.getpid(), signal.SIGTERM)
            raise AlgorithmError(f"the prediction did not end within {self._seconds:.0f} s") from timeout
        finally:
            self._turn.release()
        return outcome()


class NativeThread:
    """Works through what greenlets hand it, one after the other; it starts with the first."""

    def __init__(self) -> None:
        self._hub = get_hub()
        self._asked: SimpleQueue[tuple[Callable[[], Any], Waiter[Any]]] = SimpleQueue()
        self._done: deque[tuple[Waiter[Any], Callable[[], Any]]] = deque()
        self._bell: Any = None

    def run(self, work: Callable[[], T]) -> Callable[[], T]:
        """Wait until the thread has done it. Returns what gives the result of `work`, or raises its error."""
        if self._bell is None:
            self._bell = self._hub.loop.async_()
            self._bell.start(self._deliver)
            start_new_thread(self._work, ())
        waiter: Waiter[Callable[[], T]] = Waiter(self._hub)
        self._asked.put((work, waiter))
        return waiter.get()

    def _work(self) -> None:
        while True:
            work, waiter = self._asked.get()
            self._done.append((waiter, _captured(work)))
            self._bell.send()
            del work, waiter  # what they hold is not to wait for the next

    def _deliver(self) -> None:
        """Called in the event loop, once for one or several rings of the bell."""
        while self._done:
            waiter, outcome = self._done.popleft()
            waiter.switch(outcome)


def _captured(work: Callable[[], T]) -> Callable[[], T]:
    """What returns the result or raises the error."""
    try:
        result = work()
    except Exception as error:
        return partial(_raise, error)
    return lambda: result


def _raise(error: Exception) -> NoReturn:
    raise error
