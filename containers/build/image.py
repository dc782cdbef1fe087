"""Build images: `python -m containers.build.image xgboost`. Without a name, all of them."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

import docker
from docker.errors import APIError

from containers.build import builder, daemon, debian, images, progress, wheels
from contract.errors import PlatformError, UserError

PLATFORM = "linux/amd64"
"""SageMaker's, whatever the laptop's."""
CURRENT_SECONDS = 5.0
"""A build that is done by then has found its image current: before every job, that is nothing to tell."""


def build(name: str, client: docker.DockerClient, *, fresh: bool = False, reference: str | None = None) -> str:
    """Build one image on the base that is there, and return its reference. `fresh` uses nothing of earlier builds.

    Raises UserError for a name that no folder has, PlatformError where the build fails.
    """
    images.check(name)
    platform = _platform()
    reference = reference or images.reference(name)
    if name == images.BASE:
        below = debian.find(client, platform)
        network = "none" if below.bootstrapped else "default"
        options = ["--build-arg", f"BASE_IMAGE={below.reference}"]
        options += ["--label", f"org.opencontainers.image.base.name={below.reference}"]
        options += ["--label", f"org.opencontainers.image.base.digest={debian.digest(client, below)}"]
    else:
        wheels.gather(name, platform)
        network = "none"
        options = ["--build-arg", f"BASE={images.reference(images.BASE)}", "--build-arg", f"VERSION={images.version()}"]
    options += ["--platform", platform, "--network", network, "--tag", reference]
    options += ["--no-cache"] if fresh else []
    dockerfile = images.folder(name) / "Dockerfile"
    before = _ids(client, reference)
    progress.run(
        f"building {reference}",
        [builder.find(), "build", "--file", dockerfile, *options, images.ROOT],
        environment=builder.environment(),
        unsaid_seconds=CURRENT_SECONDS,
    )
    # What the name meant before would stay as an image without a name; one that a container runs stays all the same.
    for replaced in before - _ids(client, reference):
        with contextlib.suppress(APIError):
            client.images.remove(replaced)
    return reference


def _ids(client: docker.DockerClient, reference: str) -> set[str]:
    """The image that has this name, if any."""
    return {str(image.id) for image in client.images.list(filters={"reference": reference})}


def main() -> int:
    """The program: 0, or 1 and 3 as in every program of ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="IMAGE")
    parser.add_argument("--or-process", action="store_true", help="print the engine to use: docker, or else process")
    arguments = parser.parse_args()
    try:
        chosen = [images.check(name) for name in arguments.names] or images.names()
        engine = _engine(chosen) if arguments.or_process else _docker(chosen)
    except (UserError, PlatformError) as error:
        return progress.fail(error, error.exit_code)
    if arguments.or_process:
        sys.stdout.write(f"{engine}\n")
    else:
        progress.say(f"built: {', '.join(map(images.reference, chosen))}")
    return 0


def _docker(names: Sequence[str]) -> str:
    """Build the images, base first, and name the engine that has them."""
    client = daemon.connected()
    for name in dict.fromkeys((images.BASE, *names)):
        build(name, client)
    return "docker"


def _engine(names: Sequence[str]) -> str:
    """The engine that the environment's ENGINE names; of itself, Docker where it answers and has a base to build on."""
    wanted = daemon.wanted()
    if wanted == "process":
        return wanted
    try:
        client = daemon.connected()
        builder.find()
        debian.find(client, _platform())
    except PlatformError as error:
        if wanted != "auto":
            raise
        progress.say(f"no image is built: {error}")
        return "process"
    return _docker(names)


def _platform() -> str:
    return os.environ.get("PLATFORM") or PLATFORM


if __name__ == "__main__":
    sys.exit(main())
