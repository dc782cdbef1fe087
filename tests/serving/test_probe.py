"""What a model directory is taken for before it is loaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from serving import probe


def test_size_is_that_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "model").write_bytes(b"12345")
    (tmp_path / "below" / "more").write_bytes(b"123")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to("absent")
    assert probe.size(tmp_path) == 8
    assert probe.size(tmp_path / "absent") == 0


def test_what_may_not_be_looked_at_counts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that can be listed and not entered: as root, who runs tests, there is none."""
    for name in ("model", "closed"):
        (tmp_path / name).write_bytes(b"12345")
    look = Path.stat

    def refuse(path: Path, **how: Any) -> os.stat_result:
        if path.name == "closed":
            raise PermissionError
        return look(path, **how)

    monkeypatch.setattr(Path, "stat", refuse)
    assert probe.size(tmp_path) == 5
