"""The process engine's stand-in for an image: a virtual environment made from the image's lock."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from contract.errors import PlatformError, UserError
from local_mode.images import ROOT

CACHE = ROOT / ".cache" / "process"
LOCK = "requirements.txt"


def prepare(folder: Path, progress: Callable[[str], None], cache: Path = CACHE) -> Path:
    """The Python program of the environment for the image described in `folder`.

    Raises UserError for an image without a lock, PlatformError when pip fails.
    """
    lock = folder / LOCK
    if not lock.is_file():
        raise UserError(f"image {folder.name!r} has no {lock}: make lock/{folder.name} writes it")
    return make(cache / folder.name, lock, progress)


def make(home: Path, lock: Path, progress: Callable[[str], None]) -> Path:
    """The Python program of the environment in `home`/venv; made anew when `lock`, or this Python, changed.

    `progress` is told line by line what takes time. Raises PlatformError when pip fails.
    """
    home.mkdir(parents=True, exist_ok=True)
    python, stamp = home / "venv" / "bin" / "python", home / "made-from"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    with _alone(home / "lock"):
        if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            progress(f"making the environment {home.name} from its lock, once")
            venv.create(home / "venv", clear=True, symlinks=True)
            _install(python, lock, progress)
            # Last: an environment that was not finished has no stamp and is made again.
            stamp.write_text(wanted)
    return python


def _install(python: Path, lock: Path, progress: Callable[[str], None]) -> None:
    wanted = sum("==" in line and not line.startswith((" ", "#")) for line in lock.read_text().splitlines())
    # Our own pip, with the user's settings of it, installs into the other environment: that one needs none.
    command = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install"]
    command += ["--require-hashes", "--no-deps", "--no-compile", "--progress-bar", "off", "--requirement", str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:  # noqa: S603 - our own command
        assert pip.stdout is not None
        said, collected = [], 0
        for line in pip.stdout:
            said.append(line.rstrip())
            if line.startswith("Collecting "):
                collected += 1
                progress(f"package {collected} of {wanted}: {line.split()[1]}")
            elif line.startswith("Installing "):
                progress(f"installing {collected} packages")
    if pip.returncode:
        raise PlatformError(f"pip could not install {lock}: " + " ".join(said[-3:]))


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two runs at once must not make the same environment."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
