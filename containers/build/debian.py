"""The Debian below the base image: `debian:bookworm-slim` where it can be pulled, else its like, bootstrapped."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from containers.build import bootstrap, images, progress
from contract.errors import PlatformError

REAL = "debian:bookworm-slim"
STAND_IN = "bootstrapped/debian:bookworm-slim"


@dataclass(frozen=True)
class Debian:
    """What the base image's FROM names, and whether its packages are all there already."""

    reference: str
    bootstrapped: bool


def find(client: docker.DockerClient, platform: str) -> Debian:
    """What is here already, else what can be had. Raises PlatformError where nothing can.

    BASE_IMAGE in the environment names another image to stand on.
    """
    named = os.environ.get("BASE_IMAGE")
    if named:
        return _pulled(client, named, platform)
    if not _here(client, STAND_IN):
        try:
            return _pulled(client, REAL, platform)
        except PlatformError as error:
            progress.say(f"{error}; bootstrapping the same from Debian's packages")
        _bootstrap(client, platform)
    return Debian(STAND_IN, bootstrapped=True)


def digest(client: docker.DockerClient, debian: Debian) -> str:
    """What pins it: the registry's digest, or the sha256 of the bootstrapped packages with their versions."""
    if debian.bootstrapped:
        listed = client.containers.run(debian.reference, ["dpkg-query", "--show"], network_disabled=True, remove=True)
        return f"sha256:{hashlib.sha256(listed).hexdigest()}"
    image = client.images.get(debian.reference)
    return str((image.attrs.get("RepoDigests") or [image.id])[0]).rpartition("@")[2]


def packages(root: Path = images.ROOT) -> tuple[str, ...]:
    """The names in base/packages.txt."""
    lines = (images.folder(images.BASE, root) / "packages.txt").read_text().splitlines()
    return tuple(name for line in lines if (name := line.partition("#")[0].strip()))


def _pulled(client: docker.DockerClient, name: str, platform: str) -> Debian:
    try:
        if not _here(client, name):
            client.images.pull(name, platform=platform)
    except DockerException as error:
        reason = error.explanation if isinstance(error, APIError) else error
        raise PlatformError(f"{name} cannot be pulled ({reason})") from error
    return Debian(name, bootstrapped=False)


def _bootstrap(client: docker.DockerClient, platform: str) -> None:
    problem = bootstrap.obstacle()
    if problem:
        raise PlatformError(f"{REAL} can be neither pulled nor bootstrapped: {problem}; ENGINE=process does without")
    with tempfile.TemporaryDirectory(prefix="bootstrap-") as folder:
        archive = Path(folder) / "debian.tar"
        command = bootstrap.command(archive, packages(), platform.rpartition("/")[2])
        title = f"bootstrapping Debian {bootstrap.SUITE} (half a minute)"
        progress.run(title, command, environment=bootstrap.environment())
        repository, _, tag = STAND_IN.partition(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)


def _here(client: docker.DockerClient, reference: str) -> bool:
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    return True
