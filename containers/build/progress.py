"""Long commands: what is being done, for how long, and the command's last words where it fails."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
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
) -> None:
    """Run a command; on a terminal its newest line stands beside the title. Raises PlatformError with the last."""
    began = time.monotonic()
    last: deque[str] = deque(maxlen=LAST_LINES)
    if not CONSOLE.is_terminal:
        CONSOLE.print(f"{title} …")
    with (
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
    CONSOLE.print(f"{title}: done in {time.monotonic() - began:.1f} s")


def say(line: str) -> None:
    """One line for the person at the terminal."""
    CONSOLE.print(line, markup=False, soft_wrap=True)


def fail(error: Exception, code: int) -> int:
    """Show an error as one message, without a trace, and give the exit code back."""
    sys.stderr.write(f"{error}\n")
    return code
