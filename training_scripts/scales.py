"""Axes: from values to round ticks, and from ticks to pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

LARGEST = 1e150
"""Beyond this a value is left out of a chart: spans of such values overflow."""
SMALLEST = 1e-150
"""A span below this is none: its step would underflow."""


@dataclass(frozen=True)
class Scale:
    """A linear axis from `low` to `high` (data) laid over `start` to `end` (pixels)."""

    ticks: tuple[float, ...]
    step: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def label(self, value: float) -> str:
        return label(value, self.step)


def drawable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST


def scale(values: Iterable[float], start: float, end: float, *, count: int = 5, whole: bool = False) -> Scale:
    """An axis whose round ticks enclose all drawable values; one value, or none, gets room on both sides.

    `whole` keeps the step at 1 or above, for rounds and counts.
    """
    found = [value for value in values if drawable(value)]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    if high - low <= max(1e-9 * max(abs(low), abs(high)), SMALLEST):
        room = 1.0 if whole else (abs(low) * 0.1 if abs(low) > SMALLEST else 0.5)
        low, high = low - (0 if whole else room), high + room
    step = _step((high - low) / count)
    if whole:
        step = max(1.0, float(round(step)))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(tuple(place * step for place in range(first, last + 1)), step, start, end)


def _step(rough: float) -> float:
    """The next 1, 2, 2.5, 5 or 10 times a power of ten, upwards."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def label(value: float, step: float) -> str:
    """`value` with the decimals that tell it from its neighbour `step` away: "0.825", "1,500", "2.5e9"."""
    if abs(value) < step / 1e6:
        return "0"
    smallest = math.floor(math.log10(step) + 1e-9) - _is_quarter(step)
    largest = math.floor(math.log10(abs(value)) + 1e-9)
    if largest >= 6 or smallest < -5:
        mantissa, _, exponent = f"{value:.{max(0, min(15, largest - smallest))}e}".partition("e")
        return f"{_trimmed(mantissa)}e{int(exponent)}"
    return f"{value:,.{max(0, -smallest)}f}"


def _is_quarter(step: float) -> bool:
    """Whether the step is 2.5 times a power of ten, which needs one decimal more than its size tells."""
    return abs(step / 10.0 ** math.floor(math.log10(step) + 1e-9) - 2.5) < 1e-6


def _trimmed(mantissa: str) -> str:
    return mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa


def number(value: float) -> str:
    """A single figure for people, four significant digits: "0.8224", "1,338", "2.5e-7", "not a number"."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if 1e-4 <= abs(value) < 1e6:
        return f"{value:,.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
    mantissa, _, exponent = f"{value:.3e}".partition("e")
    return f"{_trimmed(mantissa)}e{int(exponent)}"
