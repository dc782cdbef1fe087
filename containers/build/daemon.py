"""The Docker engine, as docker-py reaches it."""

from __future__ import annotations

import docker
from docker.errors import DockerException

from containers.build.builder import HOW
from contract.errors import PlatformError


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
