"""The model in the model directory."""

from __future__ import annotations

from pathlib import Path

import xgboost

from contract.artifact import Schema
from contract.files import write_atomically
from training_scripts.xgboost.plan import Plan

MODEL = "xgboost-model"
"""SageMaker's own name for it."""


def save(booster: xgboost.Booster, directory: Path, name: str = MODEL) -> None:
    """Write the model as UBJSON, XGBoost's native binary form. Raises PlatformError on a full disk."""
    write_atomically(directory / name, bytes(booster.save_raw("ubj")))


def schema(plan: Plan, width: int, names: tuple[str, ...] | None) -> Schema:
    """What the model takes, and the classes it answers with."""
    classes = tuple(range(plan.classes)) if plan.objective.startswith(("binary:", "multi:")) else None
    return Schema(count=width, names=names, missing_allowed=True, classes=classes)
