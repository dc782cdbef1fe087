"""A model that the keeper knows: its process, what it costs, who waits for it."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from contract.errors import UserError
from serving.models import memory
from serving.models.message import Reader
from serving.serve import TRIAL_SECONDS

LOADING = ".new"
"""Behind the address of a model that cannot be invoked yet."""
_BAD = {"where": "model", "code": "bad_model"}
OUT_OF_MEMORY = "out_of_memory"
_BACKLOG = 4096


@dataclass(eq=False)
class Loaded:
    """From the fork of its process until that has ended."""

    name: str
    url: str
    process: int
    control: socket.socket
    """Closed, it is the order to answer what was accepted and to end."""
    address: str
    cost: int
    """Bytes: estimated until the process has told what it takes."""
    deadline: float
    """Until when it must have loaded or, where it is ending, ended."""
    resident: int = 0
    room: int = 0
    """Bytes that it may take while it loads."""
    scarce: bool = False
    """Whether that may be too little for a good model."""
    ready: bool = False
    ending: bool = False
    failure: dict[str, Any] | None = None
    """The message that says why it could not be loaded."""
    reader: Reader = field(default_factory=Reader)
    callers: list[socket.socket] = field(default_factory=list)
    """Who waits for it to load or, where it is ending, to be gone."""

    def bytes(self) -> int:
        """What it costs now: it may have grown since it was measured."""
        return self.cost + max(0, memory.resident(self.process) - self.resident) if self.ready else self.cost

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)  # it is not reaped yet, so the number is its own


@lru_cache(maxsize=1024)
def address(directory: Path, name: str) -> str:
    """The path of a model's socket. Names are opaque, and may hold what no file name can."""
    return str(directory / hashlib.sha256(name.encode()).hexdigest())


def listen(path: str, group: int) -> socket.socket:
    """A socket that the workers' group can connect to."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    if group != os.getegid():
        os.chown(path, -1, group)
    Path(path).chmod(0o660)
    listener.listen(_BACKLOG)
    return listener


def close_others(*kept: int) -> None:
    """Close what a process inherited, except its standard streams and `kept`."""
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if number > 2 and number not in kept:
            with suppress(OSError):  # the one that listed them
                os.close(number)


def registered(name: str) -> UserError:
    return UserError(f"Model {name} is already registered.", code="conflict")


def not_found(name: str) -> UserError:
    return UserError(f"Model not found: {name}", code="not_found")


def full(name: str, cost: int, room: int) -> UserError:
    return UserError(
        f"model {name} takes {_megabytes(cost)} of memory and {_megabytes(max(0, room))} are left; unload others first",
        code=OUT_OF_MEMORY,
    )


def exhausted(name: str) -> UserError:
    return UserError(f"model {name} ran out of memory in this request", code=OUT_OF_MEMORY)


def lacking(error: OSError) -> UserError:
    """The system refuses a process, a file or whatever else a model needs."""
    text = f"the system does not give what it takes ({error.strerror}); unload models first"
    return UserError(text, code=OUT_OF_MEMORY)


def choked(name: str, room: int, *, scarce: bool) -> UserError:
    """Loading wanted more memory than it may take; where that was plenty for a good model, it is a bad one."""
    if not scarce:
        return UserError("loading it takes far more memory than its size explains", **_BAD)
    text = f"model {name} does not load in the {_megabytes(room)} of memory left; unload others first"
    return UserError(text, code=OUT_OF_MEMORY)


def crashed(model: Loaded, number: int) -> UserError:
    """Why a process ended before its model was loaded: by signal `number`, 0 for none.

    A library that gets no memory may end its process as well as say so.
    """
    if number == signal.SIGKILL or (model.scarce and number in (0, signal.SIGABRT)):
        return choked(model.name, model.room, scarce=True)
    if number == signal.SIGALRM:
        return UserError(f"it does not predict within {TRIAL_SECONDS:.0f} s: damaged, or too large", **_BAD)
    how = signal.Signals(number).name if number else "it exits"
    return UserError(f"the native library crashed on it ({how}); the file is damaged", **_BAD)


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f} MB"
