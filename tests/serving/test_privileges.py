from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving import privileges

ALL = 0x1FFFFFFFFFF


def status(tmp_path: Path, capabilities: int) -> Path:
    path = tmp_path / "status"
    path.write_text(f"Name:\tpython\nCapEff:\t{capabilities:016x}\n")
    return path


def test_root_with_its_capabilities_gives_the_workers_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(privileges, "_PROGRAM", (Path("/etc/passwd"),))
    assert privileges.worker_user(status(tmp_path, ALL)) == (privileges.NOBODY, privileges.NOBODY)


@pytest.mark.parametrize(("bit", "name"), [(0, "CHOWN"), (5, "KILL"), (6, "SETGID"), (7, "SETUID")])
def test_root_without_one_capability_stays_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bit: int, name: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    path = status(tmp_path, ALL & ~(1 << bit))
    assert privileges.worker_user(path) == (0, os.getegid())
    assert privileges.obstacle(path) == f"the capabilities {name} are missing"


def test_root_whose_program_others_cannot_read_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(privileges, "_PROGRAM", (closed / "os.py",))
    assert "other users cannot read" in privileges.obstacle(status(tmp_path, ALL))


def test_any_other_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    assert privileges.worker_user(status(tmp_path, 0))[0] == 1234
    assert privileges.missing_capabilities(tmp_path / "none") == ("CHOWN", "KILL", "SETGID", "SETUID")
