"""What checks make of labels that claim nothing, and how a Dockerfile gets there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from local_mode.conformance.check import Check, Outcome, Verdict
from local_mode.conformance.checks import labels
from local_mode.conformance.subject import Subject

CLAIMS = {
    check.id: check
    for check in labels.CHECKS
    if check.id in ("serving.bind-to-port", "serving.multi-models", "serving.bidirectional-streaming")
}


@pytest.mark.parametrize("check", CLAIMS.values(), ids=CLAIMS)
def test_line_in_the_mend_takes_the_label_back(check: Check, subject: Callable[..., Subject]) -> None:
    name, value = re.findall(r"LABEL (\S+)=(false)\b", check.mend)[0]
    inherited = subject(config={"Labels": {name: "true"}})
    overridden = subject(config={"Labels": {name: value}})
    capability = name.rpartition(".")[2]
    assert Subject.claims(inherited, capability)
    assert not Subject.claims(overridden, capability)


@pytest.mark.parametrize("probe", [labels.serves_many_models, labels.streams_both_ways])
def test_what_is_not_claimed_does_not_apply(
    probe: Callable[[Subject], Outcome], subject: Callable[..., Subject]
) -> None:
    outcome = probe(subject(claims=lambda capability: False))
    assert (outcome.verdict, outcome.evidence) == (Verdict.NOT_APPLICABLE, "not claimed")
