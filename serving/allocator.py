"""The C library's allocator: how much of what was freed the server's processes keep."""

from __future__ import annotations

import ctypes
import time

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Of malloc.h."""
LARGE_BYTES = 4 << 20
"""From here on a block is given back to the system when it is freed, and is made anew for the next request."""
KEPT_BYTES = 8 << 20
"""Freed at the heap's end, that much is kept: a block of rows takes it again and again."""
IDLE_SECONDS = 0.5
"""How long nothing was to be done when all that is free is given back."""


def settle() -> None:
    """Let all threads allocate from one arena, which gives large blocks back.

    glibc would let every thread have its own, 2 MB a worker that nobody else can use, and after a first large block is
    freed would make room in the heap for those to come, where they lie between small ones and cannot be given back:
    10 MB a worker.
    """
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_ARENA_MAX, 1)
    mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
    mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)


def trim() -> None:
    """Give back what was freed: the allocator would keep it for this process."""
    ctypes.CDLL(None).malloc_trim(0)


class Idleness:
    """Notices that a process has become idle, and trims it once."""

    def __init__(self) -> None:
        self._answered = 0
        self._busy_at: float | None = None

    def look(self, answered: int, active: int) -> None:
        """To be called several times a second: how many requests were answered so far, and how many are being."""
        if active or answered != self._answered:
            self._answered, self._busy_at = answered, time.monotonic()
        elif self._busy_at is not None and time.monotonic() - self._busy_at >= IDLE_SECONDS:
            self._busy_at = None
            trim()
