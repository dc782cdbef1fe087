"""The Docker engine, as docker-py reaches it."""

from __future__ import annotations

import os
import socket

import docker
from docker.errors import DockerException

from containers.build.builder import HOW
from contract.errors import PlatformError, UserError, show

USUAL = "unix:///var/run/docker.sock"
CHOICES = ("auto", "docker", "process")
"""What ENGINE may be: `auto` is Docker where a daemon answers, else plain processes."""


def wanted(choice: str | None = None) -> str:
    """The one of CHOICES that `choice`, or else the environment's ENGINE, names. Raises UserError for another."""
    name = choice or os.environ.get("ENGINE") or "auto"
    if name not in CHOICES:
        raise UserError(f"engine {show(name)} is unknown: accepted are {', '.join(CHOICES)}")
    return name


def connect() -> docker.DockerClient | None:
    """The engine that answers, or None."""
    scheme, _, path = (os.environ.get("DOCKER_HOST") or USUAL).partition("://")
    # Asked here first, because docker-py leaves its socket open when nobody listens.
    if scheme == "unix" and not _listens(path):
        return None
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


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True
