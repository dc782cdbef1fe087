"""The model's trial: it is loaded and predicts before any request can reach it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

from contract import resources
from contract.dataset import Dataset
from serving import model
from serving.model import Model
from serving.settings import MEBIBYTE, Settings

_INLINE_SECONDS = 0.005
"""The longest that a request may hold up the event loop: what is expected to take longer is computed beside it."""
_BYTES_A_CELL = 2
"""The fewest that a value takes in csv."""
_MEMORY_FACTOR, _MEMORY_SPARE = 20, 1024 * MEBIBYTE


def load(algorithm: str, directory: Path, settings: Settings) -> Model:
    """Load with bounded memory: a damaged file may name any size for what follows. Raises UserError of one line."""
    with _memory_limit(directory):
        return model.load(algorithm, directory, settings)


def try_out(loaded: Model) -> int:
    """Predict once, then once more by the clock. Returns the bytes of body that can be computed in _INLINE_SECONDS."""
    width = loaded.schema.count
    dataset = Dataset(np.zeros((1, width), np.float32))
    loaded.predict(dataset)
    started = perf_counter()
    loaded.predict(dataset)
    seconds = perf_counter() - started
    return 0 if loaded.exclusive else int(_INLINE_SECONDS / seconds) * width * _BYTES_A_CELL


@contextmanager
def _memory_limit(directory: Path) -> Iterator[None]:
    size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) if directory.is_dir() else 0
    wanted = _address_space() + min(size * _MEMORY_FACTOR + _MEMORY_SPARE, resources.memory_bytes())
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
