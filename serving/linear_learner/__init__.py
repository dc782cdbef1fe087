"""The serving half of Linear Learner: the scores of each row, and of classifiers its label."""

from __future__ import annotations

from serving.linear_learner.model import MANNERS, load

__all__ = ["MANNERS", "load", "prepare"]


def prepare() -> None:
    """All that models need is loaded with this package."""
