"""Lock files: pinned requirements, each with the hashes of its files (pip's requirements format)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement


@dataclass(frozen=True)
class Locked:
    """One pinned requirement and the hashes that its files may have."""

    requirement: Requirement
    hashes: tuple[str, ...]

    def line(self) -> str:
        """It as a line for pip, without its marker."""
        return " ".join([f"{self.requirement.name}{self.requirement.specifier}", *self.hashes])


def read(path: Path) -> tuple[Locked, ...]:
    """Every requirement of a lock file."""
    return tuple(_parse(line) for line in _logical(path.read_text()))


def wanted(locked: tuple[Locked, ...], markers: Mapping[str, str]) -> tuple[Locked, ...]:
    """Those that an environment needs."""
    return tuple(
        item for item in locked if item.requirement.marker is None or item.requirement.marker.evaluate(dict(markers))
    )


def _logical(text: str) -> Iterator[str]:
    """Lines with their continuations joined, without comments."""
    joined = text.replace("\\\n", " ")
    return (line for line in map(str.strip, joined.splitlines()) if line and not line.startswith("#"))


def _parse(line: str) -> Locked:
    words = line.split(" --hash=")
    return Locked(Requirement(words[0].strip()), tuple(f"--hash={word.strip()}" for word in words[1:]))
