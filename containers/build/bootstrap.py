"""Debian from its packages, where no registry can be reached: `debian:bookworm-slim` and base/packages.txt."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SUITE = "bookworm"
EPOCH = "315532800"
"""The time of every file, 1980-01-01, so that two bootstraps of the same packages are equal."""
HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")
NO_PERL = r"""printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' > "$1"/etc/apt/preferences.d/no-usrmerge"""
"""usrmerge brings all of Perl, 50 MB, to merge what was never apart; usr-is-merged says the same in no bytes."""


def command(archive: Path, packages: tuple[str, ...], architecture: str) -> list[str]:
    """How mmdebstrap writes `archive`, a tar file. DEBIAN_MIRROR in the environment says where packages come from."""
    return [
        "mmdebstrap",
        "--variant=apt",
        f"--architectures={architecture}",
        f"--include={','.join(['usr-is-merged', *packages])}",
        f"--hook-dir={HOOKS}",
        f"--setup-hook={NO_PERL}",
        SUITE,
        str(archive),
        *filter(None, [os.environ.get("DEBIAN_MIRROR")]),
    ]


def environment() -> dict[str, str]:
    return {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}


def obstacle() -> str:
    """Why this machine cannot bootstrap, or nothing where it can."""
    if not shutil.which("mmdebstrap"):
        return "mmdebstrap is not installed (Debian and Ubuntu: apt-get install mmdebstrap debian-archive-keyring)"
    if os.geteuid() != 0 and not _user_namespaces():
        return "bootstrapping Debian needs root or user namespaces, and here are neither"
    return ""


def _user_namespaces() -> bool:
    """Whether a process that is not root may make them here."""
    switch = Path("/proc/sys/kernel/unprivileged_userns_clone")
    limit = Path("/proc/sys/user/max_user_namespaces")
    allowed = not switch.exists() or switch.read_text().strip() != "0"
    return allowed and limit.exists() and limit.read_text().strip() != "0" and shutil.which("newuidmap") is not None
