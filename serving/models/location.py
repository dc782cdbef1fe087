"""Where a model may lie: what a request's `url` names, and nothing outside of the folders that the service fills."""

from __future__ import annotations

from pathlib import Path

from contract.errors import UserError, show
from contract.paths import DEFAULT_BASE, Paths


def find(url: str) -> Path:
    """The directory that `url` names.

    Raises UserError (not_found) where there is none, and in the same words where it is elsewhere: whether a path that
    is no model's exists is nobody's business.
    """
    paths = Paths.of_environment()
    path = Path(url)
    # Under a private folder in place of /opt/ml, what is said about /opt/ml is meant there.
    if path.is_relative_to(DEFAULT_BASE):
        path = paths.base / path.relative_to(DEFAULT_BASE)
    try:
        real = path.resolve(strict=True)
        found = real.is_dir() and any(real.is_relative_to(root.resolve()) for root in (paths.models, paths.model))
    except (OSError, ValueError, RuntimeError):  # none there; a NUL in it; a circle of links
        found = False
    if not found:
        message = (
            f"there is no model directory {show(url)}; expected one below {paths.models}, like {paths.models}/N/model"
        )
        raise UserError(message, where="url", code="not_found")
    return real
