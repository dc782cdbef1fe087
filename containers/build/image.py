"""Build images: `python -m containers.build.image xgboost`. Without a name, all of them."""

from __future__ import annotations

import argparse
import os
import sys

import docker

from containers.build import builder, daemon, debian, images, progress, wheels
from contract.errors import PlatformError, UserError

PLATFORM = "linux/amd64"
"""SageMaker's, whatever the laptop's."""


def build(name: str, client: docker.DockerClient, *, fresh: bool = False, reference: str | None = None) -> str:
    """Build one image on the base that is there, and return its reference. `fresh` uses nothing of earlier builds.

    Raises UserError for a name that no folder has, PlatformError where the build fails.
    """
    images.check(name)
    platform = os.environ.get("PLATFORM") or PLATFORM
    reference = reference or images.reference(name)
    if name == images.BASE:
        below = debian.find(client, platform)
        network = "none" if below.bootstrapped else "default"
        options = ["--build-arg", f"BASE_IMAGE={below.reference}"]
        options += ["--label", f"org.opencontainers.image.base.name={debian.REAL}"]
        options += ["--label", f"org.opencontainers.image.base.digest={below.digest}"]
    else:
        wheels.gather(name, platform)
        network = "none"
        options = ["--build-arg", f"BASE={images.reference(images.BASE)}", "--build-arg", f"VERSION={images.version()}"]
    options += ["--platform", platform, "--network", network, "--tag", reference]
    options += ["--no-cache"] if fresh else []
    dockerfile = images.folder(name) / "Dockerfile"
    progress.run(
        f"building {reference}",
        [builder.find(), "build", "--file", dockerfile, *options, images.ROOT],
        environment=builder.environment(),
    )
    return reference


def main() -> int:
    """The program: 0, or 1 and 3 as in every program of ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="IMAGE")
    parser.add_argument("--where-possible", action="store_true", help="without an engine, say so and succeed")
    arguments = parser.parse_args()
    try:
        chosen = [images.check(name) for name in arguments.names] or images.names()
        client = daemon.connect()
        if client is None and arguments.where_possible:
            progress.say(f"no Docker engine answers, so no image is built: {builder.HOW}")
            return 0
        for name in dict.fromkeys((images.BASE, *chosen)):
            build(name, client or daemon.connected())
    except (UserError, PlatformError) as error:
        return progress.fail(error, error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
