"""Folders that a job writes to."""

from __future__ import annotations

import tempfile
from pathlib import Path

from contract.errors import PlatformError


def prepare(folder: Path) -> None:
    """Make `folder` where it is missing, and prove that files can be written there. Raises PlatformError where not.

    Better now than after hours of training.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PlatformError(f"{folder} cannot be written to: {error.strerror}") from error
