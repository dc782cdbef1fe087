"""Blocks taken by several threads give what one thread gives, always the same to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from contract.errors import UserError
from training_scripts.pca.accumulation import MOST_THREADS, NARROW, accumulate


def blocks(width, rows=9000, step=700):
    drawn = (np.random.default_rng(0).normal(size=(rows, width)) + 100).astype(np.float32)
    return [drawn[start : start + step] for start in range(0, rows, step)]


@pytest.mark.parametrize("threads", [1, 2, 3, 64])
@pytest.mark.parametrize("width", [5, NARROW + 1])
@pytest.mark.parametrize("sketch", [True, False])
def test_threads_do_not_change_the_moments(threads, width, sketch):
    directions = np.random.default_rng(1).normal(size=(width, 3)) if sketch else None
    found = accumulate(blocks(width), width, directions, precise=True, threads=threads)
    again = accumulate(iter(blocks(width)), width, directions, precise=True, threads=threads)
    np.testing.assert_array_equal(found.product, again.product)
    rows = np.vstack(blocks(width)).astype(np.float64)
    centred = rows - rows.mean(axis=0)
    expected = centred.T @ (centred if directions is None else centred @ directions)
    np.testing.assert_allclose(found.product, expected, atol=1e-9 * np.abs(expected).max())
    assert found.spread == pytest.approx((centred**2).sum())
    assert found.rows == 9000


def test_fewer_blocks_than_threads():
    assert accumulate(blocks(3, rows=10), 3, None, precise=True, threads=MOST_THREADS).rows == 10


@pytest.mark.parametrize("width", [3, NARROW + 1])
def test_what_reading_raises_comes_through(width):
    def broken():
        yield from blocks(width)[:3]
        raise UserError("a bad row")

    with pytest.raises(UserError, match="a bad row"):
        accumulate(broken(), width, None, precise=True, threads=2)
