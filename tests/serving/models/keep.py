"""Runs a keeper for tests, apart from pytest's process: one that has computed with several threads must not fork more.

Its argument is JSON: settings, the room for models in bytes, how many files the keeper may have open, and whether
models are to fail where rows ask for it.
Prints the keeper's process and directory, and ends with its standard input.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

from contract.dataset import Dataset
from contract.manifest import Schema
from serving import logs, model
from serving.answers import Table
from serving.manners import Manners
from serving.models import lifeline, memory
from serving.settings import Settings

SEGFAULT, KILL, SLEEP, GROW = 911, 912, 913, 914
"""A first feature of this value makes a model end by that signal, take SLEEP_SECONDS, or keep GROW_BYTES more."""
SLEEP_SECONDS = 2.0
GROW_BYTES = 50 << 20


@dataclass
class Faulty:
    """A Model that fails where a row asks for it."""

    inner: model.Model
    schema: Schema
    exclusive: bool = False
    kept: bytes = b""
    manners: Manners = field(init=False)

    def __post_init__(self) -> None:
        self.manners = self.inner.manners

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        first = dataset.features[0, 0]
        if first == SEGFAULT:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif first == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        elif first == SLEEP:
            time.sleep(SLEEP_SECONDS)
        elif first == GROW:
            self.kept = b"x" * GROW_BYTES
        return self.inner.predict(dataset, explain=explain)

    def set_threads(self, count: int) -> None:
        self.inner.set_threads(count)


def main() -> None:
    wanted = json.loads(sys.argv[1])
    if wanted["room"] is not None:
        memory.room = lambda settings: wanted["room"]
    if wanted["files"] is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted["files"], wanted["files"]))
    if wanted["faulty"]:
        load = model.load

        def load_faulty(*given: Any) -> Faulty:
            loaded = load(*given)
            return Faulty(loaded, loaded.schema)

        model.load = load_faulty
    logs.start()
    with lifeline.start("xgboost", Settings(**wanted["settings"]), tempfile.gettempdir()) as line:
        print(json.dumps([line.keeper, str(line.directory)]), flush=True)
        sys.stdin.read()


main()
