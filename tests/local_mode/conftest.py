"""A process engine over a tiny project whose only image is `fake`: tests/data/fake_algorithm."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_mode import environments
from local_mode.channel import Channel
from local_mode.process_engine import ProcessEngine
from local_mode.request import Request
from local_mode.result import Result
from local_mode.training_job import TrainingJob

FAKE = Path(__file__).parent.parent / "data" / "fake_algorithm"
HOMES = {"train": "training_scripts", "describe": "training_scripts", "serve": "serving"}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProcessEngine]:
    root = tmp_path / "project"
    (root / "containers" / "fake").mkdir(parents=True)
    (root / "containers" / "fake" / "Dockerfile").touch()
    (root / "pyproject.toml").write_text('[project]\nversion = "1.0"\n')
    for program, home in HOMES.items():
        (root / home).mkdir(exist_ok=True)
        # Without it any package of that name, installed or not, would come first.
        (root / home / "__init__.py").touch()
        (root / home / f"{program}.py").symlink_to(FAKE / f"{program}.py")
    monkeypatch.setattr(environments, "prepare", lambda *given: Path(sys.executable))
    with ProcessEngine(root=root) as engine:
        yield engine


@pytest.fixture
def train(tmp_path: Path, engine: ProcessEngine) -> Callable[..., Result]:
    """Runs a job of the fake algorithm: `train("complete", Channel(...), hosts=1)`."""

    def run(behaviour: str, *channels: Channel, stop_seconds: float = 120.0, **fields: object) -> Result:
        request = Request("fake", channels, {"behaviour": behaviour}, **fields)  # type: ignore[arg-type] # as tests give them
        return TrainingJob(request, output=tmp_path / "jobs", engine=engine, stop_seconds=stop_seconds).run()

    return run
