from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.errors import PlatformError, UserError
from local_mode.conformance import runner
from local_mode.conformance.check import (
    EVIDENCE_CHARACTERS,
    Check,
    ObstacleError,
    Outcome,
    Severity,
    Verdict,
    failed,
    inapplicable,
    passed,
)
from local_mode.conformance.exchange import NoReplyError
from local_mode.conformance.subject import Subject

Probe = Callable[[Subject], Outcome]


def raising(error: Exception) -> Probe:
    def probe(subject: Subject) -> Outcome:
        raise error

    return probe


@pytest.mark.parametrize(
    ("probe", "verdict", "evidence"),
    [
        (lambda subject: passed("fine"), Verdict.PASSED, "fine"),
        (lambda subject: failed("wrong"), Verdict.FAILED, "wrong"),
        (lambda subject: inapplicable("not claimed"), Verdict.NOT_APPLICABLE, "not claimed"),
        (raising(ObstacleError("no model")), Verdict.NOT_TRIED, "no model"),
        (raising(NoReplyError("no answer")), Verdict.FAILED, "no answer"),
        (raising(PlatformError("the engine is gone")), Verdict.NOT_TRIED, "the engine is gone"),
        (raising(UserError("no such file")), Verdict.NOT_TRIED, "no such file"),
        (raising(PermissionError(13, "Permission denied")), Verdict.NOT_TRIED, "[Errno 13] Permission denied"),
    ],
)
def test_every_end_of_a_probe_is_a_finding(
    probe: Probe, verdict: Verdict, evidence: str, check: Callable[..., Check], subject: Callable[..., Subject]
) -> None:
    told: list[str] = []
    (found,) = runner.run([check("a.b", probe)], subject(attributes={}, doing=told.append))
    assert (found.verdict, found.evidence, found.severity) == (verdict, evidence, Severity.REFUSED)
    assert told == ["title of a.b"]


def test_what_has_to_be_given_first_is_kept(check: Callable[..., Check], subject: Callable[..., Subject]) -> None:
    (found,) = runner.run(
        [check("a.b", raising(ObstacleError("no", wants="a model")))],
        subject(attributes={}, doing=lambda text: None),
    )
    assert (found.verdict, found.wants, found.refused) == (Verdict.NOT_TRIED, "a model", False)


def test_severity_may_be_less_than_the_checks(check: Callable[..., Check], subject: Callable[..., Subject]) -> None:
    (found,) = runner.run(
        [check("a.b", lambda subject: failed("x" * 5000, Severity.ADVICE))],
        subject(attributes={}, doing=lambda text: None),
    )
    assert (found.severity, found.refused, len(found.evidence)) == (Severity.ADVICE, False, EVIDENCE_CHARACTERS)
