"""Debian from its packages: what is asked of mmdebstrap, and what stands in the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from containers.build import bootstrap, debian

Program = Callable[[str, str], Path]


def test_command_includes_the_packages_and_no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBIAN_MIRROR", raising=False)
    command = bootstrap.command(Path("a.tar"), ("python3", "bash"), "amd64")
    assert "--include=usr-is-merged,python3,bash" in command
    assert "--architectures=amd64" in command
    assert command[-2:] == ["bookworm", "a.tar"]


def test_mirror_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBIAN_MIRROR", "http://mirror.example/debian")
    assert bootstrap.command(Path("a.tar"), (), "amd64")[-1] == "http://mirror.example/debian"


def test_missing_mmdebstrap_is_an_obstacle(program: Program) -> None:
    program("other", "true")
    assert "mmdebstrap is not installed" in bootstrap.obstacle()


def test_neither_root_nor_namespaces_is_an_obstacle(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("mmdebstrap", "true")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "needs root or user namespaces" in bootstrap.obstacle()


def test_root_with_mmdebstrap_has_none(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("mmdebstrap", "true")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert bootstrap.obstacle() == ""


def test_packages_are_listed_without_their_reasons() -> None:
    assert debian.packages() == ("ca-certificates", "python3")
