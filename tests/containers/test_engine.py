"""`make engine`: nothing where one answers, a clear word where it cannot, Debian's packages where it can."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from containers.build import engine
from contract.errors import PlatformError

Program = Callable[[str, str], Path]
APT_CACHE = """
case "$1 $2" in
  "policy docker-cli"|"policy docker-compose") echo "  Candidate: 1" ;;
  "policy "*) echo "  Candidate: (none)" ;;
esac
"""
APT_GET = """
echo "$@" >> {asked}
test "$1" = update && exit
printf '#!/bin/sh\\n:>{up}' > "${{0%/*}}/dockerd"
/bin/chmod +x "${{0%/*}}/dockerd"
"""
"""Installing leaves a dockerd that makes the engine answer."""
SETSID = 'shift; "$@" &'


def test_answering_engine_is_left_alone(program: Program) -> None:
    program("docker", "echo 20.10.24")
    assert engine.ensure() == "20.10.24"


def test_without_root_it_says_what_to_do(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("docker", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PlatformError, match="needs root on Debian or Ubuntu"):
        engine.ensure()


def test_installs_starts_and_waits(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked, up = tmp_path / "asked", tmp_path / "up"
    program("docker", f"test -e {up} && echo 20.10.24")
    program("apt-get", APT_GET.format(asked=asked, up=up))
    program("apt-cache", APT_CACHE)
    program("setsid", SETSID)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(engine, "LOG", tmp_path / "dockerd.log")
    monkeypatch.setattr(engine, "SYSTEMD", tmp_path / "no-systemd")
    monkeypatch.setattr(engine, "RUN", tmp_path)
    assert engine.ensure() == "20.10.24"
    install = asked.read_text().splitlines()[1]
    assert install.endswith("docker.io iptables mmdebstrap debian-archive-keyring docker-cli docker-compose")


def test_engine_that_never_answers_shows_its_last_lines(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program("docker", "exit 1")
    program("apt-get", "true")
    program("mmdebstrap", "true")
    program("setsid", SETSID)
    program("dockerd", "echo no iptables here")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(engine, "LOG", tmp_path / "dockerd.log")
    monkeypatch.setattr(engine, "SYSTEMD", tmp_path / "no-systemd")
    monkeypatch.setattr(engine, "RUN", tmp_path)
    monkeypatch.setattr(engine, "START_SECONDS", 1.0)
    with pytest.raises(PlatformError, match="does not answer after 1 s; its last lines:\nno iptables here"):
        engine.ensure()


def test_pid_file_of_a_killed_engine_is_forgotten(tmp_path: Path) -> None:
    """Also where its number is another program's by now: here this test's own."""
    file = tmp_path / "docker.pid"
    file.write_text(f"{os.getpid()}\n")
    engine._forget(file, "dockerd")
    assert not file.exists()


def test_pid_file_of_a_running_engine_stays(tmp_path: Path) -> None:
    file = tmp_path / "docker.pid"
    file.write_text(str(os.getpid()))
    engine._forget(file, Path(f"/proc/{os.getpid()}/comm").read_text().strip())
    assert file.exists()
