from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from contract.errors import PlatformError, UserError
from local_mode import environments


def test_environment_is_made_once_per_lock(tmp_path: Path) -> None:
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "requirements.txt").write_text("# nothing\n")
    said: list[str] = []
    python = environments.prepare(folder, said.append, tmp_path / "cache")
    prefix = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert prefix.stdout.strip() == str(tmp_path / "cache" / "fake" / "venv")
    assert said == ["making the environment fake from its lock, once"]
    environments.prepare(folder, said.append, tmp_path / "cache")
    assert len(said) == 1
    (folder / "requirements.txt").write_text("# still nothing\n")
    environments.prepare(folder, said.append, tmp_path / "cache")
    assert len(said) == 2


def test_lock_without_hashes_is_refused_and_tried_again(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"x @ {tmp_path.as_uri()}/x-1-py3-none-any.whl\n")
    for _ in range(2):
        with pytest.raises(PlatformError, match=r"pip could not install .*hash"):
            environments.make(tmp_path / "home", lock, lambda text: None)


def test_image_without_a_lock(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no .*requirements\.txt: make lock/"):
        environments.prepare(tmp_path, lambda text: None, tmp_path / "cache")
