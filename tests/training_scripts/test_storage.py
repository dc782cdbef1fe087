from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import PlatformError
from training_scripts import storage


def test_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    storage.prepare(tmp_path / "a" / "b")
    storage.prepare(tmp_path / "a" / "b")
    assert not list((tmp_path / "a" / "b").iterdir())


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(PlatformError, match="a/b cannot be written to: Not a directory"):
        storage.prepare(tmp_path / "a" / "b")
