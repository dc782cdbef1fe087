"""The models that train side by side, each with its own settings.

SageMaker's own grid is not public; the winners that its logs show are the first choices here. The settings that the
user left to us span the grid, in the order of a fixed list for each: first all first choices, then those one step
away from them, and so on. So it is the same in every run, and a smaller number of models has the likelier settings.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MODELS = 32
"""How many models `num_models` auto trains."""


@dataclass(frozen=True)
class Setting:
    """What sets one model apart. The rate of step t is `learning_rate * factor ** (t // step)`, or the minimum."""

    learning_rate: float
    wd: float
    l1: float
    lr_scheduler_step: int
    lr_scheduler_factor: float
    lr_scheduler_minimum_lr: float


_RATES = {
    "adam": (0.1, 0.01, 0.03, 0.003),
    "rmsprop": (0.01, 0.001, 0.03, 0.003),
    "sgd": (0.1, 0.01, 0.03, 0.003),
}
_WD = (1e-4, 1e-2, 1e-3, 0.0)
_SCHEDULES = ((100, 0.99, 1e-5), (10, 0.99, 1e-4))
"""Steps between decreases, the factor, the least rate."""


def settings(
    count: int, optimizer: str, given: Mapping[str, float], *, second_order: bool = False
) -> tuple[Setting, ...]:
    """At most `count` settings, no two alike: `given` (names of Setting's fields) holds for all, ours span the rest.

    `second_order`: the optimizer has no learning rate, so that only wd spans the grid. l1 is 0 unless given.
    """
    schedules: list[tuple[float, ...]] = []
    for schedule in _SCHEDULES:
        fixed = tuple(given.get(name, value) for name, value in zip(_SCHEDULE_NAMES, schedule, strict=True))
        schedules += [fixed] if fixed not in schedules else []
    rates: Sequence[float] = _RATES["adam" if optimizer == "auto" else optimizer]
    rates = (given["learning_rate"],) if "learning_rate" in given else rates
    decays: Sequence[float] = _path(count) if second_order else _WD
    decays = (given["wd"],) if "wd" in given else decays
    if second_order:
        rates, schedules = rates[:1], schedules[:1]
    spanned = itertools.product(enumerate(rates), enumerate(decays), enumerate(schedules))
    ordered = sorted(spanned, key=lambda axes: sum(place for place, _ in axes))
    return tuple(
        Setting(rate, decay, given.get("l1", 0.0), int(schedule[0]), schedule[1], schedule[2])
        for (_, rate), (_, decay), (_, schedule) in ordered[:count]
    )


_SCHEDULE_NAMES = ("lr_scheduler_step", "lr_scheduler_factor", "lr_scheduler_minimum_lr")


def _path(count: int) -> tuple[float, ...]:
    """So many values of wd: 1e-4 first, then evenly in the logarithm over 1e-7 to 1."""
    if count == 1:
        return _WD[:1]
    span = (10 ** (-7 + 7 * place / (count - 2 or 1)) for place in range(count - 1))
    return (_WD[0], *span)
