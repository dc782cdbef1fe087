"""The `docker` clients of this machine: whether an engine answers them, and which of them can build.

`python -m containers.build.builder` prints the one that builds.

Standard library only: doctor asks before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from contract.errors import PlatformError

HOW = "`make engine`, as root on Debian or Ubuntu, installs and starts one; elsewhere start Docker or set DOCKER_HOST"
USUAL = "/usr/bin/docker"
PROBE = "FROM scratch\nLABEL probe=true\n"
PROBE_SECONDS = 60


def environment() -> dict[str, str]:
    """What a build runs with: BuildKit, and no attestations, because SageMaker hosting refuses OCI indexes."""
    return {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}


@cache
def find() -> str:
    """The first client that can build. Raises PlatformError where none can."""
    tried = clients()
    for client in tried:
        if _builds(client):
            return client
    names = ", ".join(tried) or "none: there is no docker on PATH"
    raise PlatformError(
        f"no docker client here can build with BuildKit (tried {names}): "
        "install docker-buildx, or Debian 12's docker.io, whose client brings BuildKit along"
    )


def clients() -> list[str]:
    """Every `docker` on PATH, and the usual one, which another may hide."""
    return list(dict.fromkeys(_clients()))


def engine_version() -> str:
    """The version of the engine that answers, or nothing where none does."""
    for client in clients():
        done = _ask([client, "version", "--format", "{{.Server.Version}}"])
        if done is not None and done.returncode == 0:
            return done.stdout.strip()
    return ""


def _clients() -> Iterator[str]:
    for folder in os.get_exec_path():
        found = shutil.which("docker", path=folder)
        if found:
            yield found
    if Path(USUAL).is_file():
        yield USUAL


def _builds(client: str) -> bool:
    """Whether it can, shown by building an empty image: a version does not tell, plug-ins may be missing."""
    done = _ask([client, "build", "--quiet", "--tag", "sagemaker-probe:build", "-"], PROBE)
    return done is not None and done.returncode == 0


def _ask(command: list[str], text: str = "") -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command, input=text, text=True, capture_output=True, env=environment(), timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


if __name__ == "__main__":
    sys.stdout.write(f"{find()}\n")
