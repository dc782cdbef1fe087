"""The doctor names what is amiss and how to mend it."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from containers.build import doctor, images
from containers.build.doctor import Finding
from contract import limits

Program = Callable[[str, str], Path]


def test_engine_missing_is_optional_and_has_a_remedy(program: Program) -> None:
    program("docker", "exit 1")
    found = doctor.engine()
    assert (found.sign, found.seen) == ("--", "none answers")
    assert "make engine" in found.remedy


def test_engine_with_a_client_that_cannot_build_has_to_be_mended(program: Program) -> None:
    program("docker", 'test "$1" = version && echo 20.10')
    assert doctor.engine().sign == "ok"
    assert doctor.client().sign == "!!"
    assert "docker-buildx" in doctor.client().remedy


def test_missing_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert doctor.python().remedy == "apt-get install python3-venv"


def test_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert doctor.python().sign == "!!"


def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e9))
    assert (doctor.disk().sign, doctor.disk().seen) == ("!!", "1 GB free")


def test_taken_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(limits, "PORT", server.getsockname()[1])
        assert (doctor.port().sign, doctor.port().seen) == ("--", "taken")


@pytest.mark.parametrize(
    ("environment", "sign"),
    [({"AWS_PROFILE": "work"}, "ok"), ({"AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}, "--")],
)
def test_credentials_are_optional(environment: dict[str, str], sign: str) -> None:
    assert doctor.credentials(environment).sign == sign


def test_credentials_are_not_shown() -> None:
    assert "SECRET" not in doctor.credentials({"AWS_ACCESS_KEY_ID": "SECRET"}).seen


def test_report_sums_up() -> None:
    findings = (Finding("disk", "full", "free some"), Finding("port", "taken", "another", optional=True))
    assert list(doctor.report(findings, colour=False)) == [
        "!!  disk                  full",
        "                          -> free some",
        "--  port                  taken",
        "                          -> another",
        "1 to mend (marked !!)",
    ]


def test_colours_only_where_asked() -> None:
    assert "\033[31m!!" in next(doctor.report((Finding("disk", "full", "free some"),), colour=True))


def test_runs_before_anything_is_installed() -> None:
    """Doctor and engine are of the standard library only: -S hides site-packages, -W error shows what is deprecated."""
    code = "import containers.build.doctor, containers.build.engine"
    subprocess.run([sys.executable, "-S", "-W", "error", "-c", code], cwd=images.ROOT, env=os.environ, check=True)
