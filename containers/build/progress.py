"""Long commands: what is being done, for how long, and the command's last words where it fails."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from contract.errors import PlatformError

CONSOLE = Console(stderr=True, highlight=False)
LAST_LINES = 30


def run(
    title: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    unsaid_seconds: float = 0.0,
) -> None:
    """Run a command; on a terminal its newest line stands beside the title. Raises PlatformError with the last.

    Nothing is left to read of one that succeeds within `unsaid_seconds`.
    """
    began = time.monotonic()
    last: deque[str] = deque(maxlen=LAST_LINES)
    with (
        _announced(title, unsaid_seconds),
        CONSOLE.status(Text(title)) as status,
        subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            cwd=folder,
        ) as process,
    ):
        for line in process.stdout or ():
            last.append(line.rstrip())
            seconds = time.monotonic() - began
            status.update(Text(f"{title} · {seconds:.0f} s · {line.strip()}"[: CONSOLE.width - 4]))
    if process.returncode:
        raise PlatformError(f"{title}: {command[0]} ended with {process.returncode}\n" + "\n".join(last))
    if (seconds := time.monotonic() - began) >= unsaid_seconds:
        CONSOLE.print(f"{title}: done in {seconds:.1f} s")


@contextlib.contextmanager
def _announced(title: str, seconds: float) -> Iterator[None]:
    """Where no terminal shows what is being done, say it after `seconds`, if it is not done by then."""
    herald = threading.Timer(seconds, CONSOLE.print, [f"{title} …"])
    if not CONSOLE.is_terminal:
        herald.start()
    try:
        yield
    finally:
        herald.cancel()


def say(line: str) -> None:
    """One line for the person at the terminal."""
    CONSOLE.print(line, markup=False, soft_wrap=True)


def fail(error: Exception, code: int) -> int:
    """Show an error as one message, without a trace, and give the exit code back."""
    sys.stderr.write(f"{error}\n")
    return code
