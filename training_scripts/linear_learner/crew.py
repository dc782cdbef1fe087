"""Threads that share rows: each takes its part with a BLAS of one thread.

So what is no matrix product runs on all CPUs, too, and small products do not wait for BLAS's own threads to meet, which
on CPUs that others use costs many times the product.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")


class Crew:
    """So many threads."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._libraries = ThreadpoolController()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """BLAS computes in the thread that calls it. `over` is for use within; to enter costs 0.1 ms."""
        with self._libraries.limit(limits=1, user_api="blas"):
            yield

    def over(self, rows: range, work: Callable[[range], Result]) -> list[Result]:
        """What `work` makes of each part of the rows, in their order; `rows` are starts of blocks, so are the parts.

        The parts depend on the number of threads alone: sums over them come out the same to the bit. Numbers beyond
        float32 become infinite without a warning: whoever adds up the parts sees them.
        """

        def quietly(part: range) -> Result:
            with np.errstate(over="ignore", invalid="ignore"):  # holds for the thread that enters it alone
                return work(part)

        parts = max(1, min(self._threads, len(rows)))
        cuts = [rows.start + len(rows) * part // parts * rows.step for part in range(parts)] + [rows.stop]
        ranges = [range(start, stop, rows.step) for start, stop in itertools.pairwise(cuts)]
        if self._pool is None or parts == 1:
            return [quietly(each) for each in ranges]
        return list(self._pool.map(quietly, ranges))


def blocks(starts: range) -> Iterator[slice]:
    """The blocks of a part."""
    return (slice(start, min(start + starts.step, starts.stop)) for start in starts)
