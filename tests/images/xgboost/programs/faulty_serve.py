"""Runs in the image in place of `serve`: a prediction of more than 1,000 rows ends as the environment's FAULT says."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

from serving import serve
from serving.xgboost import native

ROWS = 1000
predict = native.Booster.predict


def hang(library: ctypes.CDLL) -> None:
    """Lock a mutex twice: no signal ends that."""
    mutex = ctypes.create_string_buffer(64)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)


FAULTS = {
    "SIGSEGV": lambda: ctypes.string_at(0),
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": lambda: hang(ctypes.CDLL(None)),  # other threads run
    "hangs alone": lambda: hang(ctypes.PyDLL(None)),  # no other thread of the process does
}


def fail(self: native.Booster, features: Any, *rest: Any, **named: Any) -> Any:
    if features.shape[0] > ROWS:
        FAULTS[os.environ["FAULT"]]()
    return predict(self, features, *rest, **named)


native.Booster.predict = fail  # type: ignore[method-assign]  # the fault
sys.exit(serve.main())
