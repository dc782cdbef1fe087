"""Why a job failed: one sentence in /opt/ml/output/failure, of which SageMaker shows the first 1,024 characters."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from contract import resources
from contract.errors import AlgorithmError, PlatformError, UserError
from contract.limits import FAILURE_CHARACTERS

SURROUNDINGS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
"""OS errors for which neither the user nor our code is to blame."""


def classify(error: BaseException) -> UserError | AlgorithmError | PlatformError:
    """The error of one of the three kinds that says what happened."""
    if isinstance(error, UserError | AlgorithmError | PlatformError):
        return error
    if isinstance(error, MemoryError):
        return PlatformError(out_of_memory())
    if isinstance(error, OSError) and error.errno in SURROUNDINGS:
        at = f": {os.fsdecode(error.filename)!r}" if error.filename else ""
        return PlatformError(f"{error.strerror}{at}")
    return AlgorithmError(f"training failed unexpectedly with {type(error).__name__}: {error}")


def out_of_memory() -> str:
    """What to do about a memory limit, and what it is."""
    limit = resources.memory_bytes() // 2**20
    return f"out of memory; limit {limit} MB: take an instance with more memory, or give each host less data"


def write(path: Path, reason: str) -> None:
    """Write the reason, unless one stands there already: the first is the cause, what follows from it is not.

    Never raises: where the file cannot be written, the reason goes to stderr alone.
    """
    text = reason if len(reason) <= FAILURE_CHARACTERS else reason[: FAILURE_CHARACTERS - 1] + "…"
    try:
        if path.exists() and path.stat().st_size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        _tell(f"{path} cannot be written ({error.strerror}); the job failed because: {text}")


def _tell(text: str) -> None:
    try:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - the last resort
    except (OSError, ValueError):
        return
