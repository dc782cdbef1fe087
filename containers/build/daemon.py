"""The Docker engine: whether one answers, and a `docker` client of this machine that can build with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
from docker.errors import DockerException

from contract.errors import PlatformError

HOW = "`make engine` installs and starts Debian's (as root on Debian or Ubuntu); elsewhere start Docker, or set DOCKER_HOST"
USUAL = "/usr/bin/docker"
PROBE = "FROM scratch\nLABEL probe=true\n"


def connect() -> docker.DockerClient | None:
    """The engine that answers, or None."""
    try:
        client = docker.from_env()
        client.ping()
    except (DockerException, OSError):
        return None
    return client


def connected() -> docker.DockerClient:
    """The engine. Raises PlatformError where none answers."""
    client = connect()
    if client is None:
        raise PlatformError(f"no Docker engine answers: {HOW}")
    return client


def environment() -> dict[str, str]:
    """What a build runs with: BuildKit, and no attestations, because SageMaker hosting refuses OCI indexes."""
    return {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


def builder() -> str:
    """The first `docker` client that can build. Raises PlatformError where none can."""
    tried = list(dict.fromkeys(_candidates()))
    for client in tried:
        if _builds(client):
            return client
    raise PlatformError(
        f"no docker client here can build with BuildKit (tried {', '.join(tried) or 'none: there is no docker on PATH'}): "
        "install docker-buildx, or Debian's docker.io, whose client brings it along"
    )


def _candidates() -> Iterator[str]:
    for folder in os.get_exec_path():
        found = shutil.which("docker", path=folder)
        if found:
            yield found
    if Path(USUAL).is_file():
        yield USUAL


def _builds(client: str) -> bool:
    """Whether it can, shown by building an empty image: a client's version does not tell, its plug-ins may be missing."""
    command = [client, "build", "--quiet", "--tag", "sagemaker-probe:build", "-"]
    try:
        done = subprocess.run(
            command, input=PROBE, text=True, capture_output=True, env=environment(), timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
