"""Which user the workers run as. SageMaker starts containers as root; what parses strangers' bytes should not be."""

from __future__ import annotations

import os
import re
from pathlib import Path

NOBODY = 65534
_NEEDED = {"CHOWN": 0, "KILL": 5, "SETGID": 6, "SETUID": 7}
"""Capabilities (linux/capability.h) to hand a file to another user, to become that user, and to signal it then."""
_PROGRAM = (Path(os.__file__), Path(__file__))
"""Modules are imported when they are first needed: the workers must be able to read the standard library and ours."""


def worker_user(status: Path = Path("/proc/self/status")) -> tuple[int, int]:
    """(uid, gid) for the workers: nobody's where this process is root and may change, else its own."""
    return (os.geteuid(), os.getegid()) if os.geteuid() != 0 or obstacle(status) else (NOBODY, NOBODY)


def obstacle(status: Path = Path("/proc/self/status")) -> str:
    """Why root's workers cannot become another user; empty where they can."""
    if missing := missing_capabilities(status):
        return f"the capabilities {', '.join(missing)} are missing"
    closed = next((path for path in _PROGRAM if not _open_to_all(path)), None)
    return f"other users cannot read {closed}" if closed else ""


def missing_capabilities(status: Path = Path("/proc/self/status")) -> tuple[str, ...]:
    """Names of the needed capabilities that are not effective."""
    try:
        found = re.search(r"^CapEff:\s*([0-9a-f]+)", status.read_text(), re.MULTILINE)
    except OSError:
        found = None
    effective = int(found[1], 16) if found else 0
    return tuple(name for name, bit in _NEEDED.items() if not effective >> bit & 1)


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
