"""A metric as SageMaker knows it: a name, and the regular expression that finds its value in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["Maximize", "Minimize"]


@dataclass(frozen=True)
class Metric:
    """`regex` has one group, the value, and reads log lines as the service shows them: a TAB is `#011` there."""

    name: str
    regex: str
    direction: Direction
    meaning: str = ""
    objective: bool = True
    """Whether a tuning job may optimise it."""
