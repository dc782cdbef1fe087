"""The model's trial: it is loaded and answers once before any request can reach it."""

from __future__ import annotations

import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from contract import resources
from serving import service
from serving.service import Service
from serving.settings import MEBIBYTE, Settings

_MEMORY_FACTOR, _MEMORY_SPARE = 20, 1024 * MEBIBYTE


def load(algorithm: str, directory: Path, settings: Settings, most: int | None = None) -> Service:
    """Load with bounded memory: a damaged file may name any size for what follows. Raises UserError of one line.

    `most` bytes may be taken, by default as many as the container has. Where models bring scripts nothing is bounded:
    their libraries reserve address space that they never use.
    """
    bound = _memory_limit(directory, resources.memory_bytes() if most is None else most)
    with nullcontext() if settings.user_code else bound:
        return service.load(algorithm, directory, settings)


def size(directory: Path) -> int:
    """Bytes of all files in a model directory, but for those that this user may not look at: to load it tells more."""
    return sum(map(_file_bytes, directory.rglob("*")))


def _file_bytes(path: Path) -> int:
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


@contextmanager
def _memory_limit(directory: Path, most: int) -> Iterator[None]:
    wanted = _address_space() + min(size(directory) * _MEMORY_FACTOR + _MEMORY_SPARE, most)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        wanted = min(wanted, soft)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
