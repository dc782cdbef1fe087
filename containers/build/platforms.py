"""What a wheel must say to fit into an image, whatever this machine is."""

from __future__ import annotations

from contract.errors import UserError, show

PYTHON = "3.11"
GLIBC_MINOR = 36
"""Debian 12 has glibc 2.36."""
LEGACY = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


def machine(platform: str) -> str:
    """The machine's name in wheel tags. Raises UserError for a platform that no image is built for."""
    if platform not in MACHINES:
        raise UserError(f"platform {show(platform)} is unknown; accepted are {', '.join(MACHINES)}")
    return MACHINES[platform]


def tags(platform: str) -> tuple[str, ...]:
    """Platform tags from the newest glibc that the image has down to the oldest, PEP 600's and their older names."""
    name = machine(platform)
    newest_first = range(GLIBC_MINOR, min(LEGACY) - 1, -1)
    modern = [(f"manylinux_2_{minor}_{name}", LEGACY.get(minor)) for minor in newest_first]
    return tuple(tag for new, old in modern for tag in (new, *([f"{old}_{name}"] if old else [])))


def markers(platform: str) -> dict[str, str]:
    """The environment markers of the image's Python (PEP 508)."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{PYTHON}.2",
        "os_name": "posix",
        "platform_machine": machine(platform),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{PYTHON}.2",
        "python_version": PYTHON,
        "sys_platform": "linux",
    }
