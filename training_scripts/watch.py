"""Ends a host whose peer has died while XGBoost waits for it.

Mostly XGBoost notices by itself. Now and then its wait goes on for as long as it is allowed to; this thread sees that a
connection is gone, as none is in a training that goes well.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contract.errors import PlatformError
from contract.paths import Paths
from training_scripts import failure, job
from training_scripts.logs import LOG
from training_scripts.xgboost_messages import LOST

PATIENCE_SECONDS = 10.0
"""How long XGBoost has to notice it first. A peer that has finished its last round closes its connections, too."""
_ESTABLISHED = "01"
_TABLES = ("/proc/self/net/tcp", "/proc/self/net/tcp6")


@contextmanager
def watching() -> Iterator[None]:
    """Watch this process's connections until the end of the block."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(over, connections()), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def connections() -> set[str]:
    """The inodes of this process's TCP connections that both sides keep open."""
    ours = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed since
            ours.add(os.readlink(entry))  # noqa: PTH115 - `socket:[123]` is no path
    rows = (line.split() for table in _TABLES if Path(table).exists() for line in Path(table).read_text().splitlines())
    return {row[9] for row in rows if row[3] == _ESTABLISHED and f"socket:[{row[9]}]" in ours}


def _watch(over: threading.Event, at_start: set[str]) -> None:
    lost = False
    while not over.wait(PATIENCE_SECONDS):
        if at_start - connections():
            if lost:
                _end()
            lost = True


def _end() -> None:
    """The training thread is inside the library and hears nothing: the process ends here."""
    reason = f"{LOST}: a peer has closed its connection in the middle of the training"
    failure.write(Paths.of_environment().failure, reason)
    LOG.error(reason)
    job.leave(PlatformError.exit_code)
