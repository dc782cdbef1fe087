"""The Debian below the base image: the real `debian:bookworm-slim` where it can be pulled, else the same bootstrapped."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from containers.build import images, progress
from contract.errors import PlatformError

REAL = "debian:bookworm-slim"
STAND_IN = "bootstrapped/debian:bookworm-slim"
SUITE = "bookworm"
EPOCH = "315532800"
"""The time of every file of the stand-in, 1980-01-01, so that two bootstraps of the same packages are equal."""
HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")
NO_PERL = r"""printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' > "$1"/etc/apt/preferences.d/no-usrmerge"""
"""usrmerge brings all of Perl, 50 MB, to merge what was never apart; usr-is-merged says the same in no bytes."""


@dataclass(frozen=True)
class Debian:
    """`reference` is what FROM names; `digest` pins it: the registry's, or that of the list of installed packages."""

    reference: str
    digest: str
    bootstrapped: bool


def find(client: docker.DockerClient, platform: str) -> Debian:
    """What is here already, else what can be had. Raises PlatformError where nothing can.

    BASE_IMAGE in the environment names another one, and DEBIAN_MIRROR where packages come from.
    """
    named = os.environ.get("BASE_IMAGE")
    if named:
        return _pulled(client, named, platform)
    if _here(client, STAND_IN):
        return Debian(STAND_IN, _packages_digest(client, STAND_IN), bootstrapped=True)
    try:
        return _pulled(client, REAL, platform)
    except PlatformError as error:
        progress.say(f"{error}; bootstrapping the same from Debian's packages")
    _bootstrap(client, platform)
    return Debian(STAND_IN, _packages_digest(client, STAND_IN), bootstrapped=True)


def obstacle() -> str:
    """Why this machine cannot bootstrap, or nothing where it can."""
    if not shutil.which("mmdebstrap"):
        return "mmdebstrap is not installed (Debian and Ubuntu have it: apt-get install mmdebstrap debian-archive-keyring)"
    if os.geteuid() != 0 and not _user_namespaces():
        return "bootstrapping Debian needs root or user namespaces, and there are neither"
    return ""


def _pulled(client: docker.DockerClient, reference: str, platform: str) -> Debian:
    try:
        image = client.images.get(reference) if _here(client, reference) else client.images.pull(reference, platform=platform)
    except DockerException as error:
        reason = error.explanation if isinstance(error, APIError) else error
        raise PlatformError(f"{reference} cannot be pulled ({reason})") from error
    digests = image.attrs.get("RepoDigests") or [str(image.id)]
    return Debian(reference, digests[0].rpartition("@")[2], bootstrapped=False)


def _bootstrap(client: docker.DockerClient, platform: str) -> None:
    problem = obstacle()
    if problem:
        raise PlatformError(f"{REAL} cannot be pulled and not be bootstrapped either: {problem}")
    with tempfile.TemporaryDirectory(prefix="bootstrap-") as folder:
        archive = Path(folder) / "debian.tar"
        command = ["mmdebstrap", "--variant=apt", f"--architectures={platform.rpartition('/')[2]}"]
        command += [f"--include={','.join(['usr-is-merged', *packages()])}", f"--hook-dir={HOOKS}"]
        command += [f"--setup-hook={NO_PERL}", SUITE, str(archive)]
        mirror = os.environ.get("DEBIAN_MIRROR")
        environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
        progress.run(
            f"bootstrapping Debian {SUITE} (half a minute)",
            [*command, mirror] if mirror else command,
            environment=environment,
        )
        repository, _, tag = STAND_IN.partition(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)


def packages(root: Path = images.ROOT) -> tuple[str, ...]:
    """The names in base/packages.txt."""
    lines = (images.folder(images.BASE, root) / "packages.txt").read_text().splitlines()
    return tuple(name for line in lines if (name := line.partition("#")[0].strip()))


def _packages_digest(client: docker.DockerClient, reference: str) -> str:
    """What pins a bootstrapped image: the sha256 of its packages with their versions."""
    listed = client.containers.run(reference, ["dpkg-query", "--show"], network_disabled=True, remove=True)
    return f"sha256:{hashlib.sha256(listed).hexdigest()}"


def _here(client: docker.DockerClient, reference: str) -> bool:
    try:
        client.images.get(reference)
    except ImageNotFound:
        return False
    return True


def _user_namespaces() -> bool:
    """Whether a process that is not root may make them here."""
    switch = Path("/proc/sys/kernel/unprivileged_userns_clone")
    limit = Path("/proc/sys/user/max_user_namespaces")
    allowed = not switch.exists() or switch.read_text().strip() != "0"
    return allowed and limit.exists() and limit.read_text().strip() != "0" and shutil.which("newuidmap") is not None
