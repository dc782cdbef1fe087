"""A stage on plain processes in this Python's own environment, which has what every image has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from local_mode import environments
from local_mode.demo.show import Rounds, Show
from local_mode.demo.stage import Stage
from local_mode.process_engine import ProcessEngine


@pytest.fixture
def show() -> Show:
    return Show(Console(record=True, width=100))


@pytest.fixture
def stage(show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(environments, "prepare", lambda *given: Path(sys.executable))
    with ProcessEngine() as engine:
        stage = Stage(show, engine, Rounds(show), tmp_path / "demo")
        stage.clear()
        yield stage
