"""What models may cost: room is what the container's limit leaves beside its own processes and the requests."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from contract import limits, resources
from serving import allocator, probe
from serving.settings import MEBIBYTE, Settings

_SYSTEM_BYTES = 16 * MEBIBYTE
"""Of the kernel for the container: page tables, sockets, files."""
_UNSEEN_BYTES = MEBIBYTE
"""Of a process: its page tables, and what it will copy of the keeper's memory by and by."""
_PROCESS_BYTES = 4 * MEBIBYTE
"""The least that a model's process costs."""
_FILE_FACTOR, _LOADING_FACTOR = 3, 14
"""Bytes of memory for a byte of a model file: the least when it is loaded (UBJSON), the most while it loads (JSON)."""
ADDRESSES_BYTES = 32 * MEBIBYTE
"""Of a process that loads: addresses that it asks for and does not fill."""
_KIBIBYTE = 1024


def room(settings: Settings) -> int:
    """Bytes for models; to be called while there is none. Every worker may be computing one largest request."""
    requests = settings.workers * limits.REQUEST_MEMORY_FACTOR * settings.whole_bytes
    return resources.memory_bytes() - resources.memory_held_bytes() - _SYSTEM_BYTES - requests


def estimate(directory: Path) -> tuple[int, int]:
    """Bytes that the model in `directory` is thought to cost at least, and that loading it may take at most."""
    size = probe.size(directory)
    return _PROCESS_BYTES + _FILE_FACTOR * size, 2 * _PROCESS_BYTES + _LOADING_FACTOR * size


def private() -> int:
    """Bytes that would be free if this process ended: those of its memory that it shares with no other, and more."""
    allocator.trim()
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return _UNSEEN_BYTES + _KIBIBYTE * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def resident(process: int) -> int:
    """Bytes that a process has in memory but for files, those too that it shares with the keeper. 0: it is gone.

    Of other users' processes no more can be told; what one has grown by is the difference of two.
    """
    try:
        pages, shared = map(int, Path(f"/proc/{process}/statm").read_text().split()[1:3])
    except OSError:
        return 0
    return (pages - shared) * resource.getpagesize()


def volunteer() -> None:
    """Where the memory runs out after all, end this process rather than one that others depend on."""
    try:
        Path(f"/proc/{os.getpid()}/oom_score_adj").write_text("500")
    except OSError:  # a read-only /proc: the largest process is chosen, which mostly is a model's, too
        return
