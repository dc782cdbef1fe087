"""Runs in the image in place of `serve`: a prediction of more than 1,000 rows ends as the environment's FAULT says."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import Any

from serving import serve
from serving.xgboost import native

ROWS = 1000
FAULTS = {
    "SIGSEGV": lambda: ctypes.string_at(0),
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": lambda: time.sleep(600),  # as a native call does, it lets other threads run
    "hangs alone": lambda: ctypes.PyDLL(None).sleep(600),  # no other thread of the process runs
}
predict = native.Booster.predict


def fail(self: native.Booster, features: Any, *rest: Any, **named: Any) -> Any:
    if features.shape[0] > ROWS:
        FAULTS[os.environ["FAULT"]]()
    return predict(self, features, *rest, **named)


native.Booster.predict = fail  # type: ignore[method-assign]  # the fault
sys.exit(serve.main())
