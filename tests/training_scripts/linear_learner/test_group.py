"""Sums and gatherings over hosts, played by threads."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training_scripts.linear_learner.hosts import together
from training_scripts.linear_learner import group
from training_scripts.linear_learner.group import Group


def test_a_host_alone_sums_and_gathers_nothing_but_its_own() -> None:
    alone = group.joined(1, 0)
    values = np.array([1.0, 2.0])
    assert alone.total(values) is values
    assert alone.gathered(values) is values
    assert alone.leads
    assert alone.any_of(True)
    assert not alone.any_of(False)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_are_gathered_in_the_order_of_the_hosts(kind: type) -> None:
    shares = [[0.1, 0.2], [], [0.3], [-1.0, 1e-7]]

    def host(rank: int, total: object) -> tuple[np.ndarray, np.ndarray]:
        here = Group(4, rank, rank == 0, total)
        return here.gathered(np.array(shares[rank], dtype=kind)), here.total(np.array([1.0, rank]))

    for gathered, sums in together(4, host):
        np.testing.assert_array_equal(gathered, np.array([0.1, 0.2, 0.3, -1.0, 1e-7], dtype=kind))
        assert gathered.dtype == kind
        assert sums.tolist() == [4, 6]


def test_nothing_can_be_gathered() -> None:
    for found in together(2, lambda rank, total: Group(2, rank, rank == 0, total).gathered(np.empty(0, np.float32))):
        assert found.shape == (0,)
