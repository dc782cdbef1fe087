"""Wheels are gathered by this machine's pip, for the image; again only when a lock changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from containers.build import progress, wheels
from contract.errors import PlatformError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("base", "xgboost"):
        (tmp_path / "containers" / name).mkdir(parents=True)
        (tmp_path / "containers" / name / "requirements.txt").write_text(f"{name}-wheel==1 --hash=sha256:aa\n")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run; each call leaves a wheel, as pip would."""
    made: list[list[str]] = []

    def run(title: str, command: Sequence[str]) -> None:
        made.append(list(command))
        (Path(command[command.index("--dest") + 1]) / f"{len(made)}.whl").touch()

    monkeypatch.setattr(progress, "run", run)
    return made


def test_gathers_the_images_wheels_and_pip(root: Path, calls: list[list[str]]) -> None:
    folder = wheels.gather("xgboost", "linux/amd64", root)
    assert sorted(path.name for path in folder.iterdir()) == ["1.whl", "2.whl", wheels.STAMP]
    assert len(calls) == 2
    for command in calls:
        assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(command)
        assert command[command.index("--python-version") + 1] == "3.11"
        assert "manylinux_2_28_x86_64" in command


def test_unchanged_lock_gathers_nothing(root: Path, calls: list[list[str]]) -> None:
    wheels.gather("xgboost", "linux/amd64", root)
    wheels.gather("xgboost", "linux/amd64", root)
    assert len(calls) == 2


@pytest.mark.parametrize("change", ["lock", "platform"])
def test_change_gathers_anew(change: str, root: Path, calls: list[list[str]]) -> None:
    folder = wheels.gather("xgboost", "linux/amd64", root)
    (folder / "old.whl").touch()
    if change == "lock":
        (root / "containers" / "xgboost" / "requirements.txt").write_text("xgboost-wheel==2 --hash=sha256:bb\n")
    wheels.gather("xgboost", "linux/arm64" if change == "platform" else "linux/amd64", root)
    assert len(calls) == 4
    assert not (folder / "old.whl").exists()


def test_failure_leaves_the_old_wheels(root: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = wheels.gather("xgboost", "linux/amd64", root)

    def fail(*_: object) -> None:
        raise PlatformError("no index")

    monkeypatch.setattr(progress, "run", fail)
    with pytest.raises(PlatformError, match="no index"):
        wheels.gather("xgboost", "linux/arm64", root)
    assert (folder / "1.whl").exists()
