"""What a training job leaves in output/data: report.html for people, metrics.json for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training_scripts.summary import ChannelSummary, Confusion, Residuals, Summary

if TYPE_CHECKING:
    from contract.environment import TrainingEnvironment

__all__ = ["ChannelSummary", "Confusion", "Residuals", "Summary", "write"]


def write(directory: Path, summary: Summary, environment: TrainingEnvironment) -> None:
    """Write report.html and metrics.json into `directory`. Raises PlatformError where it cannot be written."""
