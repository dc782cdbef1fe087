"""Axes and figures as people would write them."""

from __future__ import annotations

import math

import pytest

from training_scripts.scales import label, number, scale


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0, 100], ["0", "20", "40", "60", "80", "100"]),
        ([0.77, 0.93], ["0.75", "0.80", "0.85", "0.90", "0.95"]),
        ([0, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0, 11], ["0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
        ([0, 1.1e9], ["0", "2.5e8", "5e8", "7.5e8", "1e9", "1.25e9"]),
        ([-1, 1], ["-1.0", "-0.5", "0", "0.5", "1.0"]),
        ([], ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([1e200, math.nan, 2, 3], ["2.0", "2.2", "2.4", "2.6", "2.8", "3.0"]),
    ],
    ids=str,
)
def test_ticks_are_round_and_enclose_the_values(values: list[float], labels: list[str]) -> None:
    axis = scale(values, 0, 100)
    assert [axis.label(tick) for tick in axis.ticks] == labels


@pytest.mark.parametrize("value", [0.0, 1.0, -7.5, 1e-9, 1e12, -1e140])
def test_one_value_gets_room_on_both_sides(value: float) -> None:
    axis = scale([value, value], 0, 100)
    assert 10 < axis(value) < 90
    assert len(axis.ticks) >= 3


@pytest.mark.parametrize(("rounds", "step"), [(1, 1), (2, 1), (9, 1), (100, 20), (3999, 500)])
def test_whole_axes_count_in_whole_steps(rounds: int, step: int) -> None:
    axis = scale([0, rounds - 1], 0, 100, count=8, whole=True)
    assert axis.step == step
    assert all(tick == int(tick) >= 0 for tick in axis.ticks)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.82244, "0.8224"),
        (1338, "1,338"),
        (12345.678, "12,346"),
        (2.5e-7, "2.5e-7"),
        (1e12, "1e12"),
        (0, "0"),
        (math.nan, "not a number"),
        (math.inf, "infinite"),
        (-math.inf, "minus infinite"),
    ],
)
def test_number(value: float, written: str) -> None:
    assert number(value) == written


def test_labels_of_neighbours_differ() -> None:
    assert label(1_000_000.5, 0.5) != label(1_000_001.0, 0.5)
