"""Install and start Debian's Docker, as root on Debian or Ubuntu: `python3 -m containers.build.engine`.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from containers.build import builder
from contract.errors import PlatformError

NEEDED = ("docker.io", "iptables", "mmdebstrap", "debian-archive-keyring")
WHERE_KNOWN = ("docker-cli", "docker-buildx", "docker-compose", "docker-compose-v2")
"""Newer releases split these off docker.io; the SageMaker SDKs' local mode wants a compose."""
LOG = Path("/var/log/dockerd.log")
START_SECONDS = 60.0
SYSTEMD = Path("/run/systemd/system")
RUN = Path("/run")
PID_FILES = {"docker.pid": "dockerd", "docker/containerd/containerd.pid": "containerd"}


def ensure() -> str:
    """The version of the engine that answers, installed and started if need be. Raises PlatformError."""
    if version := builder.engine_version():
        return version
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise PlatformError("installing Docker needs root on Debian or Ubuntu; elsewhere install it by hand")
    if not shutil.which("dockerd") or not shutil.which("mmdebstrap"):
        _install()
    _start()
    return _wait()


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    known = [name for name in WHERE_KNOWN if _known(name)]
    if "docker-compose" in known and "docker-compose-v2" in known:
        known.remove("docker-compose")
    command = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *NEEDED, *known]
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)


def _known(package: str) -> bool:
    listed = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False).stdout
    return "Candidate:" in listed and "Candidate: (none)" not in listed


def _start() -> None:
    if SYSTEMD.is_dir():
        subprocess.run(["systemctl", "enable", "--now", "docker"], check=True)
        return
    for name, program in PID_FILES.items():
        _forget(RUN / name, program)
    with LOG.open("ab") as log:
        # In a session of its own: it outlives this program, and Ctrl-C at the terminal is not meant for it.
        command = ["setsid", "--fork", "dockerd"]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", check=True)


def _forget(pid_file: Path, program: str) -> None:
    """Remove the pid file of a killed engine: another program that has its number would stop dockerd."""
    if not pid_file.is_file():
        return
    name = Path("/proc") / pid_file.read_text().strip() / "comm"
    if not name.is_file() or name.read_text().strip() != program:
        pid_file.unlink()


def _wait() -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if version := builder.engine_version():
            return version
        time.sleep(0.5)
    last = LOG.read_text(errors="replace").splitlines()[-10:] if LOG.exists() else ["see journalctl -u docker"]
    raise PlatformError("\n".join([f"dockerd does not answer after {START_SECONDS:.0f} s; its last lines:", *last]))


def main() -> int:
    try:
        sys.stdout.write(f"Docker {ensure()} answers\n")
    except (PlatformError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return PlatformError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
