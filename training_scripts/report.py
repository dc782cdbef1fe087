"""What a training job leaves in output/data: report.html for people, metrics.json for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contract.files import write_atomically
from training_scripts.output import IMAGE
from training_scripts.page import page
from training_scripts.sections import figure, figures
from training_scripts.summary import Bars, ChannelSummary, Confusion, Curves, Residuals, Summary, Table

if TYPE_CHECKING:
    from contract.environment import TrainingEnvironment

__all__ = ["Bars", "ChannelSummary", "Confusion", "Curves", "Residuals", "Summary", "Table", "write"]

FORMAT = 1
"""Of metrics.json; grows when a reader of the old one would go wrong."""


def write(directory: Path, summary: Summary, environment: TrainingEnvironment) -> None:
    """Write report.html and metrics.json into `directory`. Raises PlatformError where it cannot be written."""
    written = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    html = page(summary, job=environment.job_name, image=os.environ.get(IMAGE, ""), written=written)
    told = json.dumps(metrics(summary, environment.job_name), indent=1, allow_nan=False)
    write_atomically(directory / "metrics.json", (told + "\n").encode())
    write_atomically(directory / "report.html", html.encode())


def metrics(summary: Summary, job: str) -> dict[str, object]:
    """metrics.json as values. A figure that is not finite is null: strict JSON has no NaN."""
    return {
        "format": FORMAT,
        "job": job,
        "algorithm": summary.title,
        "metrics": _finite(summary.metrics),
        "directions": dict(summary.directions),
        "best_round": summary.best_round,
        "first_round": summary.first_round,
        "history": {name: [figure(value) for value in values] for name, values in summary.history.items()},
        "sections": {part.title: figures(part) for part in summary.sections},
        "seconds": _finite(summary.seconds),
    }


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: figure(value) for name, value in values.items()}
