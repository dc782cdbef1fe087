"""Runs in the image in place of `serve`: a prediction of more than 1,000 rows ends as the environment's FAULT says.

With the fault `slow` every prediction takes its time, as with a large model: the server knows beforehand which do.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from contract.dataset import Dataset
from serving import model, serve
from serving.settings import Settings

ROWS = 1000
SLOW = "slow"
SLOW_SECONDS_A_ROW = 1e-4
load = model.load


def hang(library: ctypes.CDLL) -> None:
    """Lock a mutex twice: no signal ends that."""
    mutex = ctypes.create_string_buffer(64)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)


def compute(rows: int) -> None:
    """As a large model does, in native code."""
    end, numbers = time.monotonic() + rows * SLOW_SECONDS_A_ROW, np.ones(1000)
    while time.monotonic() < end:
        np.sort(numbers)


FAULTS = {
    "SIGSEGV": lambda: ctypes.string_at(0),
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": lambda: hang(ctypes.CDLL(None)),  # other threads run
    "hangs alone": lambda: hang(ctypes.PyDLL(None)),  # no other thread of the process does
}


def load_faulty(algorithm: str, directory: Path, settings: Settings) -> model.Model:
    loaded = load(algorithm, directory, settings)
    predict = type(loaded).predict

    def fail(self: model.Model, dataset: Dataset, **named: Any) -> Any:
        if os.environ["FAULT"] == SLOW:
            compute(dataset.rows)
        elif dataset.rows > ROWS:
            FAULTS[os.environ["FAULT"]]()
        return predict(self, dataset, **named)

    type(loaded).predict = fail  # type: ignore[method-assign]  # the fault
    return loaded


model.load = load_faulty  # the service asks this module for the model
sys.exit(serve.main())
