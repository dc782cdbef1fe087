"""A model directory as training leaves it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract.manifest import Manifest, decode

GOOD = Path(__file__).parents[1] / "corpus" / "models" / "good"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the corpus's good one, to be spoilt."""
    return Path(shutil.copytree(GOOD, tmp_path / "model"))


@pytest.fixture
def manifest() -> Manifest:
    """What its model.json says."""
    return decode((GOOD / "model.json").read_bytes())
