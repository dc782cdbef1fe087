"""Say what this machine lacks, and how to mend each thing: `python3 -m containers.build.doctor`.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from containers.build import bootstrap, builder
from contract import limits, resources
from contract.errors import PlatformError

PYTHON = (3, 11)
DISK_BYTES = 6e9
MEMORY_BYTES = 4e9
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` is empty where nothing is amiss; an `optional` one stops nobody."""

    name: str
    seen: str
    remedy: str = ""
    optional: bool = False

    @property
    def sign(self) -> str:
        """`ok`, `--` for what is missing and optional, `!!` for what has to be mended."""
        if not self.remedy:
            return "ok"
        return "--" if self.optional else "!!"


def python() -> Finding:
    seen = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info[:2] < PYTHON:
        return Finding("Python", seen, "install Python 3.11 or newer and run `make PYTHON=python3.11 ...`")
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        return Finding("Python", f"{seen}, without venv", "apt-get install python3-venv")
    return Finding("Python", f"{seen}, with venv")


def git() -> Finding:
    found = shutil.which("git")
    return Finding("git", found or "not on PATH", "" if found else "apt-get install git")


def engine() -> Finding:
    version = builder.engine_version()
    if version:
        return Finding("Docker engine", f"{version} answers")
    remedy = f"{builder.HOW}; without one the process engine runs the same programs"
    return Finding("Docker engine", "none answers", remedy, optional=True)


def client() -> Finding:
    if not builder.engine_version():
        return Finding("client that builds", "not tried without an engine", "start an engine first", optional=True)
    try:
        return Finding("client that builds", builder.find())
    except PlatformError as error:
        return Finding("client that builds", "none", str(error))


def debian() -> Finding:
    problem = bootstrap.obstacle()
    remedy = f"{problem}; needed only where debian:bookworm-slim cannot be pulled" if problem else ""
    return Finding("bootstrapping Debian", "not possible here" if problem else "possible", remedy, optional=True)


def disk() -> Finding:
    free = shutil.disk_usage(ROOT).free
    remedy = "" if free >= DISK_BYTES else f"free {DISK_BYTES / 1e9:.0f} GB: images, wheels and environments take it"
    return Finding("disk", f"{free / 1e9:.0f} GB free", remedy)


def memory() -> Finding:
    size = resources.memory_bytes()
    remedy = "" if size >= MEMORY_BYTES else f"{MEMORY_BYTES / 1e9:.0f} GB are wanted for the tests and the benchmarks"
    return Finding("memory", f"{size / 1e9:.0f} GB, {resources.cpus()} CPUs", remedy, optional=True)


def port() -> Finding:
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", limits.PORT)) == 0
    name = f"port {limits.PORT}"
    if taken:
        return Finding(name, "taken", "free it, or serve on another: make serve/xgboost PORT=8081", optional=True)
    return Finding(name, "free")


def authorities() -> Finding:
    count = ssl.create_default_context().cert_store_stats()["x509_ca"]
    remedy = "" if count else "apt-get install ca-certificates, or point SSL_CERT_FILE and PIP_CERT at your company's"
    return Finding("CA bundle", f"{count} authorities", remedy)


def credentials(environment: Mapping[str, str] = os.environ) -> Finding:
    file = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    chains = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    found = next((name for name in chains if environment.get(name)), str(file) if file.is_file() else "")
    remedy = "" if found else "`aws configure`, before pushing to ECR; nothing local needs them"
    return Finding("AWS credentials", found or "none", remedy, optional=True)


CHECKS: tuple[Callable[[], Finding], ...] = (
    python,
    git,
    engine,
    client,
    debian,
    disk,
    memory,
    port,
    authorities,
    credentials,
)


def report(findings: tuple[Finding, ...], *, colour: bool) -> Iterator[str]:
    """A line a finding, its remedy below it, and the sum."""
    paint = {"ok": "32", "--": "33", "!!": "31"}
    for finding in findings:
        sign = f"\033[{paint[finding.sign]}m{finding.sign}\033[0m" if colour else finding.sign
        yield f"{sign}  {finding.name:21} {finding.seen}"
        if finding.remedy:
            yield f"    {'':21} -> {finding.remedy}"
    amiss = sum(finding.sign == "!!" for finding in findings)
    yield "nothing has to be mended" if not amiss else f"{amiss} to mend (marked !!)"


def main() -> int:
    findings = tuple(check() for check in CHECKS)
    for line in report(findings, colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ):
        sys.stdout.write(f"{line}\n")
    return int(any(finding.sign == "!!" for finding in findings))


if __name__ == "__main__":
    sys.exit(main())
