"""A row's sums are those of exact products added from the first column to the last, whatever is beside the row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from contract.dataset import Dataset
from serving import linear
from serving.linear import Linear, rounded
from tests.serving.request_bodies import sparse

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5))
QUICK = settings(deadline=None, max_examples=60)


def made(seed: int, rows: int, width: int, outputs: int) -> tuple[NDArray[np.float32], Linear]:
    """Half of the cells zero, numbers of all sizes."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, width)) * 10.0 ** random.integers(-12, 12, (rows, width))
    features[random.random((rows, width)) < 0.5] = 0
    weights = random.normal(size=(outputs, width)) * 10.0 ** random.integers(-6, 6, (outputs, width))
    return features.astype(np.float32), Linear(weights.astype(np.float32), random.normal(size=outputs))


def one_by_one(features: NDArray[np.float32], of: Linear) -> NDArray[np.float64]:
    """In Python's own floats, an addition at a time."""
    found = []
    for row in features.tolist():
        for weights, offset in zip(of.weights.tolist(), of.offsets.tolist(), strict=True):
            total = 0.0
            for value, weight in zip(row, weights, strict=True):
                total += value * weight
            found.append(total + offset)
    return np.array(found).reshape(len(features), -1)


@given(st.integers(0, 1 << 32), SHAPES)
@QUICK
def test_sums_are_those_of_python(seed: int, shape: tuple[int, int, int]) -> None:
    features, of = made(seed, *shape)
    assert of.sums(features).tobytes() == one_by_one(features, of).tobytes()
    assert of.sums(sparse(features, 0)).tobytes() == of.sums(features).tobytes()


@pytest.mark.parametrize(
    "limits",
    [
        {"_FEW": 0},
        {"_FEW": 0, "_ROWS": 7},
        {"_FEW": 1 << 30},
        {"_FEW": 1 << 30, "_CELLS": 50},
        {"_CELLS": 1},
        {"_DENSE": 0.0},
        {"_DENSE": 2.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 33, 1), (30, 33, 1), (3, 17, 5), (23, 9, 4)])
def test_every_road_gives_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any], shape: tuple[int, int, int]
) -> None:
    features, of = made(5, *shape)
    expected = one_by_one(features, of).tobytes()
    for name, value in limits.items():
        monkeypatch.setattr(linear, name, value)
    assert of.sums(features).tobytes() == expected
    assert of.sums(sparse(features, 0)).tobytes() == expected


@given(st.integers(0, 1 << 32), SHAPES, st.data())
@QUICK
def test_a_row_does_not_know_its_neighbours(seed: int, shape: tuple[int, int, int], data: st.DataObject) -> None:
    features, of = made(seed, *shape)
    picked = data.draw(st.lists(st.integers(0, len(features) - 1), min_size=1, max_size=600))
    several = of.sums(features)
    assert of.sums(features[picked]).tobytes() == several[picked].tobytes()
    assert of.sums(sparse(features[picked], 0)).tobytes() == several[picked].tobytes()


def test_rows_of_a_block_are_those_of_all() -> None:
    features, of = made(3, 3000, 6, 2)
    blocks = [of.sums(np.asarray(block.features)) for block in Dataset(features).blocks(700)]
    assert np.concatenate(blocks).tobytes() == of.sums(features).tobytes()


def test_a_sum_of_zeros_has_no_sign_of_its_own() -> None:
    of = Linear(np.array([[-1.0, 2.0]], np.float32), np.array([-0.0]))
    for features in (np.zeros((1, 2), np.float32), np.array([[0, -0.0]], np.float32)):
        assert not np.signbit(of.sums(features)).any()
        assert not np.signbit(of.sums(sparse(features, 0))).any()


def test_what_float32_cannot_hold_is_infinite() -> None:
    largest = np.full((2, 3), np.finfo(np.float32).max)
    sums = Linear(largest, np.zeros(2)).sums(largest)
    assert np.isfinite(sums).all()
    assert np.isposinf(rounded(sums)).all()
