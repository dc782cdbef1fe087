"""The serving half of PCA: the components of each row."""

from __future__ import annotations

from serving.pca.model import MANNERS, load

__all__ = ["MANNERS", "load", "prepare"]


def prepare() -> None:
    """All that models need is loaded with this package."""
