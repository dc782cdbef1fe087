"""A small algorithm: each round folds the labels into a number. `deed` makes it misbehave in a given round."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.artifact import Schema
from contract.dataset import Layout
from contract.errors import AlgorithmError
from contract.files import write_atomically
from contract.hyperparameters import hyperparameter
from training_scripts.channels import ChannelData, Rules
from training_scripts.fitted import Fitted
from training_scripts.job import Job

METRICS = ()
CHANNELS = Rules(
    required=("train",),
    optional=("validation",),
    content_types=("text/csv", "text/libsvm"),
    default_content_type="text/libsvm",
)
MODULUS = 2**61 - 1


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    rounds: int = hyperparameter(minimum=1)
    pause: float = hyperparameter(0.0, minimum=0)
    at: int = hyperparameter(-1)
    deed: str = hyperparameter("nothing", choices=("nothing", "kill", "exit", "bug", "full", "memory", "algorithm"))
    ballast: int = hyperparameter(0, minimum=0)


def layout(hyperparameters: Hyperparameters, channel: str) -> Layout:
    return Layout(label=True)


def fit(
    train: ChannelData, validation: ChannelData | None, hyperparameters: Hyperparameters, job: Job
) -> Fitted | None:
    data = train.load()
    assert data.labels is not None
    width = validation.load().width if validation else data.width
    total = int(data.labels.sum())
    start, state = 0, 0
    found = job.checkpoints.newest(_opened) if job.checkpoints else None
    if found:
        start, state = found[0] + 1, found[1]
    for step in range(start, hyperparameters.rounds):
        state = (state * 31 + total + step) % MODULUS
        if step == hyperparameters.at:
            DEEDS[hyperparameters.deed]()
        stopping = job.report(step, {"train-state": state % 1000})
        if job.checkpoints:
            job.checkpoints.save(step, f"{state}".encode() + b" " * hyperparameters.ballast)
        time.sleep(hyperparameters.pause)
        if stopping:
            break

    def save(folder: Path) -> None:
        write_atomically(folder / "fake-model", f"{state}".encode() + b" " * hyperparameters.ballast)

    return Fitted(save, Schema(width), {"train:state": float(state % 1000)})


def _opened(data: bytes) -> int:
    return int(data)


def _exit() -> None:
    os._exit(9)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _bug() -> None:
    raise KeyError("a bug")


def _full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/opt/ml/model/x")


def _memory() -> None:
    raise MemoryError


def _algorithm() -> None:
    raise AlgorithmError("the library failed")


DEEDS: Mapping[str, Callable[[], None]] = {
    "kill": _kill,
    "exit": _exit,
    "bug": _bug,
    "full": _full,
    "memory": _memory,
    "algorithm": _algorithm,
}
