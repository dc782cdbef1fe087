"""What was freed is no longer the process's: large blocks at once, the rest when it is idle."""

from __future__ import annotations

import subprocess
import sys

import pytest

from serving import allocator

KEPT = """
import ctypes, resource, sys
from pathlib import Path
from serving import allocator

if sys.argv[1] == "settled":
    allocator.settle()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]

def filled(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    return block

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

libc.free(filled(20 << 20))
before = resident()
blocks = []
for size in range(allocator.LARGE_BYTES, 20 << 20, 1 << 20):
    blocks.append(filled(size))
    filled(100_000)  # behind it
for block in blocks:
    libc.free(block)
print((resident() - before) >> 20)
"""


@pytest.mark.parametrize(("how", "least", "most"), [("settled", 0, 2), ("as it is", 100, 300)])
def test_large_blocks_are_given_back(how: str, least: int, most: int) -> None:
    """Otherwise they stay, which shows that it is the settings that give them back."""
    told = subprocess.run([sys.executable, "-c", KEPT, how], capture_output=True, text=True, check=True).stdout
    assert least <= int(told) <= most


def test_trims_once_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    now, trims = 0.0, []
    monkeypatch.setattr(allocator.time, "monotonic", lambda: now)
    monkeypatch.setattr(allocator, "trim", lambda: trims.append(now))
    idleness = allocator.Idleness()

    def wait(parts_of_idleness: float, *, answered: int, active: int = 0) -> None:
        nonlocal now
        for _ in range(round(4 * parts_of_idleness)):
            now += allocator.IDLE_SECONDS / 4
            idleness.look(answered, active)

    wait(10, answered=0)
    assert len(trims) == 0
    wait(10, answered=1)
    assert len(trims) == 1
    wait(10, answered=1, active=1)  # one that is computed for long
    for answered in range(2, 9):
        wait(0.5, answered=answered)
    assert len(trims) == 1
    wait(10, answered=9)
    assert len(trims) == 2
