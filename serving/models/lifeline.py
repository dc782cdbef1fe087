"""What the arbiter holds of the keeper: it starts it, sees whether it lives, and ends it."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from contract import codecs, media_type
from contract.dataset import Layout
from contract.errors import AlgorithmError
from serving import answers, model, privileges
from serving.answers import Table
from serving.models import loaded
from serving.models.keeper import Keeper
from serving.settings import Settings

log = logging.getLogger("serving")

DOOR = "keeper"
"""The name of the keeper's socket, beside those of the models."""
_SAMPLES = {"text/csv": b"0\n", "text/libsvm": b"0:0\n", "application/json": b'{"instances":[[0]]}'}
_END_SECONDS = 2.0
_TURN_SECONDS = 0.02


@dataclass(frozen=True)
class Lifeline:
    keeper: int
    directory: Path
    """Where its socket and those of the models lie."""
    _end: int
    """Of a pipe. While any process has it open, the keeper lives."""

    def intact(self) -> bool:
        """Whether the keeper lives."""
        try:
            return os.waitpid(self.keeper, os.WNOHANG) == (0, 0)
        except ChildProcessError:  # it was reaped by whoever reaps all children
            return False

    def cut(self) -> None:
        """End the keeper and with it all models."""
        os.close(self._end)
        deadline = time.monotonic() + _END_SECONDS
        while self.intact():
            if time.monotonic() > deadline:  # a worker that does not end has it open, too
                os.kill(self.keeper, signal.SIGKILL)
            time.sleep(_TURN_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)


@contextmanager
def start(algorithm: str, settings: Settings, scratch: str) -> Iterator[Lifeline]:
    """A keeper, until the end of the block; its sockets lie in a directory of their own below `scratch`.

    Raises UserError where there is no such algorithm.
    """
    if algorithm or not settings.user_code:  # without one, each model has a script of its own
        model.prepare(algorithm)
    uid, gid = privileges.worker_user()
    directory = Path(tempfile.mkdtemp(prefix="models-", dir=scratch))
    if gid != os.getegid():
        os.chown(directory, -1, gid)
        directory.chmod(0o750)
    door = loaded.listen(str(directory / DOOR), gid)
    reading, writing = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        _become(lambda: Keeper(directory, algorithm, settings, (uid, gid)), door, reading)
    door.close()
    os.close(reading)
    line, owner = Lifeline(keeper, directory, writing), os.getpid()
    try:
        yield line
    finally:
        if os.getpid() == owner:  # and not a worker, which leaves the block, too
            line.cut()


def _warm_up() -> None:
    """Read and write something once: what that loads and fills is shared by all models instead of each one's own."""
    for name, body in _SAMPLES.items():
        codec = codecs.find(media_type.parse(name), tuple(_SAMPLES))
        dataset = codec.decode(body, Layout(width=1, missing=True), {}, "body")
    for name in ("text/csv", "application/json"):
        answers.encode(Table({"score": np.zeros(dataset.rows, np.float32)}, dataset.rows), name)
    gc.collect()
    gc.freeze()  # collections in the models' processes must not touch, and so copy, what is here


def _become(make: Callable[[], Keeper], door: socket.socket, lifeline: int) -> NoReturn:
    code = AlgorithmError.exit_code
    try:
        loaded.close_others(door.fileno(), lifeline)
        _warm_up()
        make().run(door, lifeline)
        code = 0
    except BaseException:
        log.exception("the keeper of the models failed")
    os._exit(code)
