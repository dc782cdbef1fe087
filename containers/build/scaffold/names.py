"""Names that an algorithm may have."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
import tomllib
from pathlib import Path

from containers.build import images, lock
from contract.errors import UserError, show

CHARACTERS = 30
"""More would make names of jobs, of at most 63 characters, and lines of generated code too long."""
_FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def module(name: str) -> str:
    """The Python module of an algorithm: `linear_learner` of `linear-learner`."""
    return name.replace("-", "_")


def check(name: str, root: Path = images.ROOT) -> str:
    """`name`, if a new algorithm may have it. Raises UserError saying why not."""
    if not _FORM.fullmatch(name) or len(name) > CHARACTERS:
        raise UserError(
            f"{show(name)} cannot be the name of an algorithm; expected words of lowercase letters and digits with "
            f"dashes between them, a letter first, {CHARACTERS} characters at most, like 'churn-model'"
        )
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    if name in (*images.names(root), *extras, lock.HOST):
        raise UserError(f"{show(name)} is taken: {', '.join(sorted({*images.names(root), *extras, lock.HOST}))} are")
    if keyword.iskeyword(module(name)) or keyword.issoftkeyword(module(name)):
        raise UserError(f"{show(name)} is a word of the Python language; choose another name")
    if module(name) in sys.stdlib_module_names or importlib.util.find_spec(module(name)) is not None:
        raise UserError(f"{show(name)} is the name of a Python module, which an algorithm of that name would hide")
    return name
