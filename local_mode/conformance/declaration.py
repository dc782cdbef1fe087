"""What the image itself says of its hyperparameters, where it has a program of that name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contract.errors import PlatformError
from local_mode.conformance.check import ObstacleError

if TYPE_CHECKING:
    from local_mode.conformance.subject import Subject

WORD = "hyperparameters"
SECONDS = 30.0


def missing(subject: Subject) -> tuple[str, ...]:
    """The required hyperparameters that the user does not give; none from an image that does not tell them."""
    launch = subject.launch
    # Any other image may take an unknown word for something else.
    if subject.tree.which(WORD, launch.search, launch.directory) is None:
        return ()
    try:
        with subject.laboratory.start(subject.container((WORD,), subject.folder), network_mode="none") as specimen:
            printed = "\n".join(specimen.log()) if specimen.ended(SECONDS) == 0 else ""
    except (PlatformError, ObstacleError):
        return ()
    return tuple(name for name in required(printed) if name not in subject.given.hyperparameters)


def required(printed: str) -> tuple[str, ...]:
    """The names in a document as SageMaker's CreateAlgorithm takes it; none from any other text."""
    try:
        entries = json.loads(printed)["SupportedHyperParameters"]
        return tuple(str(entry["Name"]) for entry in entries if entry.get("IsRequired") is True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
