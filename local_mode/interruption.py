"""Ctrl-C and SIGTERM, turned into a request to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Calls `stop` for the first signal and `kill` for later ones while its context lasts.

    `reraise` afterwards does what the signal would have done. Python hears signals in the main thread only: in another
    thread this does nothing.
    """

    def __init__(self, stop: Callable[[], None], kill: Callable[[], None]) -> None:
        self._stop = stop
        self._kill = kill
        self._before: dict[signal.Signals, signal._HANDLER] = {}
        self._first: int | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._heard) for number in SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def reraise(self) -> None:
        """Raises KeyboardInterrupt after SIGINT, SystemExit after SIGTERM, nothing after neither."""
        if self._first == signal.SIGINT:
            raise KeyboardInterrupt
        if self._first is not None:
            raise SystemExit(128 + self._first)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._first is None:
            self._first = number
            self._stop()
        else:
            self._kill()
