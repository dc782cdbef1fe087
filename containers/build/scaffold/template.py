"""The files of a new algorithm: those below template/, with @name@ and @module@ filled in, in paths too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from containers.build.scaffold import names

FOLDER = Path(__file__).parent / "template"
SUFFIX = ".tmpl"
"""Keeps tools from taking a template for what it becomes."""


def files(name: str) -> dict[Path, str]:
    """Path below the repository -> content."""
    values = {"name": name, "module": names.module(name)}
    return {
        Path(_filled(str(path.relative_to(FOLDER)).removesuffix(SUFFIX), values)): _filled(path.read_text(), values)
        for path in sorted(FOLDER.rglob(f"*{SUFFIX}"))
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"@(name|module)@", lambda found: values[found[1]], text)
