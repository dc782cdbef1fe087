"""`--or-process`: build where it can be done, else name the process engine; whoever asks for docker hears why not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from containers.build import images

NOBODY = "unix:///nowhere/docker.sock"


def choose(engine: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "containers.build.image", *words]
    environment = {**os.environ, "DOCKER_HOST": NOBODY, "ENGINE": engine}
    return subprocess.run(command, cwd=images.ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("engine", ["", "auto", "process"])
def test_without_an_engine_it_is_processes(engine: str) -> None:
    done = choose(engine, "--or-process", "xgboost")
    assert (done.returncode, done.stdout) == (0, "process\n")


def test_it_says_why() -> None:
    assert (
        "no image is built: no Docker engine answers: `make engine`" in choose("auto", "--or-process", "xgboost").stderr
    )


def test_docker_asked_for_and_missing_is_an_error() -> None:
    done = choose("docker", "--or-process", "xgboost")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("no Docker engine answers")


def test_unknown_engine_is_the_users_error() -> None:
    done = choose("podman", "--or-process", "xgboost")
    assert (done.returncode, done.stdout) == (1, "")
    assert "engine 'podman' is unknown: accepted are auto, docker, process" in done.stderr


def test_plain_build_needs_an_engine() -> None:
    assert choose("auto", "xgboost").returncode == 3


def test_unknown_image_is_the_users_error() -> None:
    assert choose("auto", "--or-process", "nothing").returncode == 1
