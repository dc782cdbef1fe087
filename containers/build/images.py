"""The images: every folder under containers/ that has a Dockerfile. There is no other list of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from contract.errors import UserError, show

ROOT = Path(__file__).resolve().parents[2]
BASE = "base"


def names(root: Path = ROOT) -> tuple[str, ...]:
    """The images by name, `base` first, because the others stand on it."""
    found = (path.parent.name for path in (root / "containers").glob("*/Dockerfile"))
    return tuple(sorted(found, key=lambda name: (name != BASE, name)))


def check(name: str, root: Path = ROOT) -> str:
    """`name`, if it is an image's. Raises UserError with those there are."""
    if name not in names(root):
        raise UserError(f"image {show(name)} is unknown; there are {', '.join(names(root))}")
    return name


def version(root: Path = ROOT) -> str:
    """The version that tags every image: pyproject's."""
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def reference(name: str, root: Path = ROOT) -> str:
    """What an image is called, here and in a registry: `sagemaker-xgboost:0.1.0`."""
    return f"sagemaker-{name}:{version(root)}"


def folder(name: str, root: Path = ROOT) -> Path:
    return root / "containers" / name
