"""The client that can build is found by letting each one build."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from containers.build import builder, images
from contract.errors import PlatformError

Program = Callable[[str, str], Path]
BUILDS = 'test "$DOCKER_BUILDKIT" = 1 && test "$1" = build && exec /bin/grep -q "FROM scratch"'
LACKS_BUILDX = 'echo "ERROR: BuildKit is enabled but the buildx component is missing" >&2; exit 1'


def test_first_client_that_builds_is_taken(program: Program) -> None:
    program("docker", LACKS_BUILDX)
    able = program("docker", BUILDS)
    program("docker", BUILDS)
    assert builder.find() == str(able)


def test_usual_client_is_tried_though_hidden(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usual = tmp_path / "docker"
    usual.write_text(f"#!/bin/sh\n{BUILDS}\n")
    usual.chmod(0o755)
    monkeypatch.setattr(builder, "USUAL", str(usual))
    program("docker", LACKS_BUILDX)
    assert builder.find() == str(usual)


def test_program_prints_it(program: Program) -> None:
    able = program("docker", BUILDS)
    command = [sys.executable, "-m", "containers.build.builder"]
    assert subprocess.run(command, cwd=images.ROOT, capture_output=True, text=True, check=True).stdout == f"{able}\n"


def test_none_able_names_those_tried_and_the_remedy(program: Program) -> None:
    hopeless = program("docker", LACKS_BUILDX)
    with pytest.raises(PlatformError, match=f"tried {hopeless}.*install docker-buildx"):
        builder.find()


def test_no_client_at_all(program: Program) -> None:
    program("other", "true")
    with pytest.raises(PlatformError, match="there is no docker on PATH"):
        builder.find()


def test_version_of_the_engine(program: Program) -> None:
    program("docker", 'test "$1" = version && echo 20.10.24')
    assert builder.engine_version() == "20.10.24"


def test_no_version_where_no_engine_answers(program: Program) -> None:
    program("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    assert builder.engine_version() == ""


def test_builds_ask_for_no_attestations() -> None:
    assert builder.environment()["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"
