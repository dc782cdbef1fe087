"""The hosts of a job as the sums over their rows see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from training_scripts import collective
from training_scripts.linear_learner.plan import Doubles, Total

Value = TypeVar("Value", np.float32, np.float64)


@dataclass(frozen=True)
class Group:
    """`hosts` of them, of which this is number `rank`. `add` sums arrays up over all, None for a host alone; `any_of`
    says whether any host says yes, and `shared` gives the leader's bytes to each."""

    hosts: int = 1
    rank: int = 0
    leads: bool = True
    add: Total | None = None
    any_of: Callable[[bool], bool] = bool
    shared: Callable[[bytes], bytes] = bytes

    def total(self, values: Doubles) -> Doubles:
        """The sums over the hosts; every host calls this equally often."""
        return values if self.add is None else self.add(values)

    def gathered(self, values: NDArray[Value]) -> NDArray[Value]:
        """(rows,) of all hosts one behind the other, on each of them."""
        if self.add is None:
            return values
        start, count = self.place(len(values))
        everything = np.zeros(count)
        everything[start : start + len(values)] = values
        return self.add(everything).astype(values.dtype)

    def place(self, rows: int) -> tuple[int, int]:
        """Where this host's rows begin, those of all hosts one behind the other, and how many all are."""
        if self.add is None:
            return 0, rows
        sizes = np.zeros(self.hosts)
        sizes[self.rank] = rows
        ends = np.cumsum(self.add(sizes)).astype(int)
        return int(ends[self.rank]) - rows, int(ends[-1])


def joined(hosts: int, rank: int) -> Group:
    """The group of the job's hosts, of which `rank` numbers this one; called by those that train."""
    if not collective.several():
        return Group()
    return Group(hosts, rank, collective.leads(), collective.total, collective.any_host, collective.shared)
