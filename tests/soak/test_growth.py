"""A leak is told from what an allocator keeps for a while."""

from __future__ import annotations

import pytest

from tests.soak.growth import LIMIT, growth

IDLE = (95, 101, 93, 91, 91, 92, 99, 91, 92, 92, 100, 92, 91, 93, 91)
"""Megabytes of an endpoint that leaks nothing, between the rounds of a load."""


def test_what_is_given_back_is_no_growth() -> None:
    assert abs(growth(IDLE)) < LIMIT / 2


@pytest.mark.parametrize("length", [15, 150])
def test_a_leak_is_growth(length: int) -> None:
    held = [IDLE[place * len(IDLE) // length] + 15 * place / length for place in range(length)]
    assert growth(held) > LIMIT


def test_a_step_is_growth() -> None:
    assert growth((100,) * 95 + (110,) * 55) > LIMIT
