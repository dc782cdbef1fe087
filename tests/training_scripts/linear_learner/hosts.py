"""Hosts of a job, played by threads whose sums meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from training_scripts.linear_learner.plan import Doubles, Total

Result = TypeVar("Result")
PATIENCE_SECONDS = 60


def together(count: int, work: Callable[[int, Total], Result]) -> list[Result]:
    """What `work(rank, total)` gives on each of `count` hosts. One that calls `total` less often fails them all."""
    meeting = threading.Barrier(count, timeout=PATIENCE_SECONDS)
    given: dict[int, Doubles] = {}
    results: dict[int, Result] = {}
    failures: list[BaseException] = []

    def host(rank: int) -> None:
        def total(values: Doubles) -> Doubles:
            given[rank] = values
            meeting.wait()
            summed: Doubles = np.sum([given[each] for each in range(count)], axis=0)
            meeting.wait()
            return summed

        try:
            results[rank] = work(rank, total)
        except BaseException as error:
            failures.append(error)
            meeting.abort()

    threads = [threading.Thread(target=host, args=(rank,)) for rank in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[rank] for rank in range(count)]
