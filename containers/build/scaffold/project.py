"""The extra of a new algorithm in pyproject.toml, from which its image's dependencies are locked."""

from __future__ import annotations

import tomllib

from contract.errors import UserError

DEPENDENCIES = ("protobuf", "scikit-learn", "skops", "threadpoolctl")
_NEXT = "\nhost = [\n"
"""Extras of images stand before it."""


def with_extra(text: str, name: str) -> str:
    """pyproject.toml with the extra `name`. Raises UserError where its extras do not stand as in this repository."""
    project = tomllib.loads(text)["project"]["name"]
    listed = ", ".join(f'"{wanted}"' for wanted in (f"{project}[serving]", *DEPENDENCIES))
    changed = text.replace(_NEXT, f"\n{name} = [{listed}]{_NEXT}")
    if changed == text or name not in tomllib.loads(changed)["project"]["optional-dependencies"]:
        raise UserError(f"pyproject.toml has no line {_NEXT.strip()!r} among its extras to put {name!r} before")
    return changed
