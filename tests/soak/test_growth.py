"""A leak is told from an allocator that takes another arena, in the twenty samples of the shortest soak."""

from __future__ import annotations

import pytest

from tests.soak.growth import LIMIT, growth, late_growth

STEPS = (99, 99, 99, 125, 131, 131, 132, 132, 132, 157, 157, 157, 140, 140, 140, 140, 140, 140, 140, 154)
"""Megabytes of an endpoint that leaks nothing: large requests come and go, and one step stays."""


def test_steps_are_no_growth() -> None:
    assert growth(STEPS) < LIMIT


@pytest.mark.parametrize("length", [20, 150])
def test_a_leak_beneath_the_steps_is_growth(length: int) -> None:
    held = [STEPS[place * len(STEPS) // length] + 20 * place / length for place in range(length)]
    assert growth(held) > LIMIT


def test_a_late_step_is_growth_in_a_long_soak() -> None:
    assert late_growth((100,) * 110 + (110,) * 40) < LIMIT  # not yet in the whole of the last third
    assert late_growth((100,) * 95 + (110,) * 55) > LIMIT
