"""Blocks of rows -> moments, on all CPUs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

from threadpoolctl import threadpool_limits

from contract.dataset import Floats, Sparse
from training_scripts.pca.moments import Accumulator, Doubles, Moments, together

NARROW = 256
"""Up to so many features BLAS's own threads wait for each other, spinning, longer than they multiply: on CPUs that
the readers of the data use, too, that took several times the work itself. Threads of ours take whole blocks instead."""
MOST_THREADS = 4
"""As many as read."""


def accumulate(
    blocks: Iterable[Floats | Sparse], width: int, directions: Doubles | None, *, precise: bool, threads: int
) -> Moments:
    """The moments of all rows of the blocks (rows, width), of which there is at least one; see Accumulator.

    They depend to the bit on the blocks and the number of threads, on nothing else.
    """
    if width > NARROW:
        whole = None
        for block in blocks:
            # Memory by the square of the width is asked for only when the data has proved that number.
            whole = whole or Accumulator(width, directions, precise=precise)
            whole.add(block)
        assert whole is not None
        return whole.finish()
    parts = [Accumulator(width, directions, precise=precise) for _ in range(min(threads, MOST_THREADS))]
    pending: deque[Future[None]] = deque()
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(len(parts)) as pool:
        # Each takes every so manieth block, and the next when it is done with the last: the order is always the same.
        for place, block in zip(count(), blocks):
            if len(pending) == len(parts):
                pending.popleft().result()
            pending.append(pool.submit(parts[place % len(parts)].add, block))
        for each in pending:
            each.result()
        return together([part.finish() for part in parts if part.rows], directions)
