"""One thing that SageMaker asks of an image, and what was found of it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_mode.conformance.subject import Subject

EVIDENCE_CHARACTERS = 700


class Severity(enum.StrEnum):
    """What it means that a check failed."""

    REFUSED = "refused by SageMaker"
    BITES = "will bite you"
    ADVICE = "advice"


class Verdict(enum.StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"
    NOT_APPLICABLE = "not applicable"


class ObstacleError(Exception):
    """A check cannot be tried; the message says why. `wants` is what has to be given before most can be."""

    def __init__(self, message: str, *, wants: str = "") -> None:
        super().__init__(message)
        self.wants = wants


@dataclass(frozen=True)
class Outcome:
    """`evidence` is what was seen; `severity` is set where it is not the check's own.

    `applies` is false where the image has or claims nothing that the check could look at.
    """

    passed: bool
    evidence: str
    severity: Severity | None = None
    applies: bool = True

    @property
    def verdict(self) -> Verdict:
        if not self.applies:
            return Verdict.NOT_APPLICABLE
        return Verdict.PASSED if self.passed else Verdict.FAILED


def passed(evidence: str) -> Outcome:
    """The image does what it should."""
    return Outcome(True, evidence)


def failed(evidence: str, severity: Severity | None = None) -> Outcome:
    """The image does not."""
    return Outcome(False, evidence, severity)


def inapplicable(evidence: str) -> Outcome:
    """The image need not do it, and does not say that it does."""
    return Outcome(True, evidence, applies=False)


@dataclass(frozen=True)
class Check:
    """`title` is what holds where the check passes; `source` is where the rule is written, or what shows it."""

    id: str
    title: str
    severity: Severity
    rule: str
    source: str
    mend: str
    probe: Callable[[Subject], Outcome]


@dataclass(frozen=True)
class Finding:
    """What became of one check. `seconds` is how long it took; `wants` is that of an ObstacleError."""

    check: Check
    verdict: Verdict
    evidence: str
    severity: Severity
    seconds: float
    wants: str = ""

    @property
    def refused(self) -> bool:
        """Whether SageMaker would not take the image as it is."""
        return self.verdict is Verdict.FAILED and self.severity is Severity.REFUSED


def count(number: int, word: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def cut(text: str, characters: int = EVIDENCE_CHARACTERS) -> str:
    """Evidence short enough to be read."""
    text = text.strip()
    return text if len(text) <= characters else text[: characters - 1] + "…"
