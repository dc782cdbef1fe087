"""How a training job went and what it left."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Transition:
    """One entry of SecondaryStatusTransitions. `started` is in UTC."""

    status: str
    started: datetime.datetime
    message: str


@dataclass(frozen=True)
class Result:
    """`status` is Completed, Failed or Stopped; `metrics` holds the last value of each, `history` all of them."""

    name: str
    status: str
    secondary_status: str
    failure_reason: str
    transitions: tuple[Transition, ...]
    metrics: Mapping[str, float]
    history: Mapping[str, list[float]]
    seconds: float
    """From the containers' start to their end."""
    folder: Path
    model: Path | None
    """model.tar.gz; None where the job failed or saved nothing."""
    output: Path | None
    """output.tar.gz; its content also lies open in `folder`/output/data. None where there is none."""

    @property
    def report(self) -> Path | None:
        """The training report, where the algorithm wrote one."""
        path = self.folder / "output" / "data" / "report.html"
        return path if path.is_file() else None
