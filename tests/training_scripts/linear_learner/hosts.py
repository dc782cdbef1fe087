"""Hosts of a job, played by threads whose sums meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from training_scripts.linear_learner.group import Group
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


def group_of(count: int, rank: int, total: Total) -> Group:
    """The group of the hosts that are `together`, led by the first."""

    def any_of(flag: bool) -> bool:
        return bool(total(np.array([float(flag)]))[0])

    def shared(data: bytes) -> bytes:
        leads = rank == 0
        values = np.zeros(int(total(np.array([float(len(data) * leads)]))[0]))
        if leads:
            values[:] = np.frombuffer(data, dtype=np.uint8)
        return bytes(total(values).astype(np.uint8))

    return Group(count, rank, rank == 0, total, any_of, shared)
