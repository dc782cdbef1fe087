"""Tries the checks, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from docker.errors import DockerException

from contract.errors import PlatformError, UserError
from local_mode.conformance.check import Check, Finding, ObstacleError, Outcome, Verdict, cut, failed
from local_mode.conformance.exchange import NoReplyError
from local_mode.conformance.subject import Subject


def run(checks: Sequence[Check], subject: Subject) -> Iterator[Finding]:
    """A finding for each check, as it is found. Raises UserError where the engine does not have the image."""
    _ = subject.attributes
    for check in checks:
        subject.doing(check.title)
        began = time.monotonic()
        try:
            outcome = _try(check, subject)
        except (ObstacleError, UserError, PlatformError, DockerException, OSError) as error:
            # What goes wrong on this side says nothing about the image.
            wants = error.wants if isinstance(error, ObstacleError) else ""
            yield Finding(check, Verdict.NOT_TRIED, cut(str(error)), check.severity, time.monotonic() - began, wants)
            continue
        severity = outcome.severity or check.severity
        yield Finding(check, outcome.verdict, cut(outcome.evidence), severity, time.monotonic() - began)


def _try(check: Check, subject: Subject) -> Outcome:
    try:
        return check.probe(subject)
    except NoReplyError as error:
        return failed(str(error))
