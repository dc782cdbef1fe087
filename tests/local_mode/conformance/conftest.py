"""Findings and subjects that need no engine."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, cast

import pytest

from local_mode.conformance.check import Check, Finding, Outcome, Severity, Verdict, passed
from local_mode.conformance.subject import Subject


def make_check(name: str, probe: Callable[[Subject], Outcome] = lambda subject: passed("seen")) -> Check:
    return Check(name, f"title of {name}", Severity.REFUSED, "the rule", "the source", "the cure", probe)


@pytest.fixture
def check() -> Callable[..., Check]:
    """Make a check: `check("image.size", probe)`."""
    return make_check


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """Make a finding: `finding("image.size", Verdict.FAILED, "what was seen", Severity.BITES)`."""

    def finding(name: str, verdict: Verdict, evidence: str = "seen", severity: Severity = Severity.REFUSED) -> Finding:
        return Finding(make_check(name), verdict, evidence, severity, 0.125)

    return finding


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """A stand-in for a subject that has only what is given: `subject(config={...})`."""
    return lambda **fields: cast(Subject, types.SimpleNamespace(**cast(dict[str, Any], fields)))
