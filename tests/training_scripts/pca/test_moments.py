"""Sums over blocks are those over the whole, whatever the blocks, the offsets and the hosts."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from contract.dataset import Sparse
from training_scripts.pca import moments as subject
from training_scripts.pca.moments import Accumulator, Moments, over_hosts


def accumulated(rows, directions=None, *, precise=True, step=700) -> Moments:
    accumulator = Accumulator(rows.shape[1], directions, precise=precise)
    for start in range(0, len(rows), step):
        accumulator.add(rows[start : start + step])
    return accumulator.finish()


def drawn(rows=9000, width=7, offset=0.0, drift=0.0):
    noise = np.random.default_rng(0).normal(size=(rows, width)) * np.arange(1, width + 1)
    return (noise + offset + drift * np.arange(rows)[:, None]).astype(np.float32)


@pytest.mark.parametrize(("precise", "tolerance"), [(True, 1e-11), (False, 5e-6)])
@pytest.mark.parametrize("offset", [0, 1e6, -1e7])
@pytest.mark.parametrize("drift", [0, 1])
@pytest.mark.parametrize("step", [1, 700, 9000])
def test_the_scatter_is_exact(precise, tolerance, offset, drift, step):
    rows = drawn(rows=9000 if step > 1 else 300, offset=offset, drift=drift)
    found = accumulated(rows, precise=precise, step=step)
    exact = rows.astype(np.float64)
    centred = exact - exact.mean(axis=0)
    scatter = centred.T @ centred
    lengths = np.sqrt(np.diag(scatter))
    assert found.rows == len(rows)
    assert np.abs((found.product - scatter) / np.outer(lengths, lengths)).max() < tolerance
    assert found.spread == pytest.approx(np.trace(scatter), rel=tolerance)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0), rtol=1e-9, atol=tolerance * np.abs(exact).max())


@pytest.mark.parametrize(("precise", "tolerance"), [(True, 1e-11), (False, 1e-6)])
def test_by_directions_it_is_the_scatters_product_with_them(precise, tolerance):
    rows, directions = drawn(offset=1e5), np.random.default_rng(1).normal(size=(7, 3))
    whole, part = accumulated(rows), accumulated(rows, directions, precise=precise)
    scale = np.abs(whole.product @ directions).max()
    np.testing.assert_allclose(part.product, whole.product @ directions, rtol=0, atol=tolerance * scale)
    assert part.spread == pytest.approx(whole.spread, rel=tolerance)


@pytest.mark.parametrize("directions", [None, np.eye(7)[:, :2]])
def test_about_zero_it_is_the_sum_of_products(directions):
    rows = drawn(offset=1e3)
    found = accumulated(rows, directions).uncentred(directions)
    exact = rows.astype(np.float64).T @ rows.astype(np.float64)
    np.testing.assert_allclose(found.product, exact if directions is None else exact @ directions, rtol=1e-12)
    assert found.spread == pytest.approx(np.trace(exact))
    assert not found.mean.any()


@pytest.mark.parametrize("directions", [None, np.eye(7)[:, :2]])
def test_hosts_add_up_what_each_has(directions):
    rows = drawn(offset=1e6, drift=1)
    shares = [accumulated(part, directions) for part in (rows[:100], rows[100:6000], rows[6000:])]
    rounds: list[list[np.ndarray]] = []

    def meet(place: int) -> Moments:
        """What a host makes of the sums: each sum is known once every host has said its part."""
        said = 0

        def total(values):
            nonlocal said
            if len(rounds) <= said:
                rounds.append([])
            rounds[said] = (rounds[said] + [values])[-3:]
            said += 1
            return sum(rounds[said - 1])

        return over_hosts(shares[place], directions, total)

    for _ in range(4):  # each turn completes one sum more
        found = [meet(place) for place in range(3)]
    whole = accumulated(rows, directions)
    for one in found:
        assert one.rows == len(rows)
        np.testing.assert_allclose(one.mean, whole.mean, rtol=1e-12)
        np.testing.assert_allclose(one.product, whole.product, rtol=1e-9, atol=1e-9 * np.abs(whole.product).max())
        assert one.spread == pytest.approx(whole.spread)


def test_sparse_rows_are_added_as_dense_ones():
    rows = drawn(rows=50) * (np.random.default_rng(2).random((50, 7)) < 0.4)
    places, columns = np.nonzero(rows)
    offsets = np.concatenate([[0], np.bincount(places, minlength=50).cumsum()])
    accumulator = Accumulator(7, precise=True)
    accumulator.add(Sparse(offsets, columns.astype(np.int32), rows[places, columns], 7))
    np.testing.assert_allclose(accumulator.finish().product, accumulated(rows).product, atol=1e-9)


def test_an_overflow_is_seen():
    rows = np.full((10, 3), 1e30, np.float32) * np.arange(10, dtype=np.float32)[:, None]
    assert not accumulated(rows, precise=False).held
    assert accumulated(rows, precise=True).held


@pytest.mark.parametrize("directions", [None, np.ones((64, 2))])
def test_memory_does_not_grow_with_the_rows(monkeypatch, directions):
    monkeypatch.setattr(subject, "FOLD", 8)

    def peak(rows: int) -> int:
        block = np.ones((1000, 64), np.float32)
        tracemalloc.start()
        accumulator = Accumulator(64, directions, precise=False)
        for _ in range(rows // 1000):
            accumulator.add(block)
        accumulator.finish()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(400_000) < 1.05 * peak(80_000)
