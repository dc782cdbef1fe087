"""All that the checks found of an image, as a value and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_mode.conformance.check import Finding, Severity, Verdict, count

FORMAT = 2
"""Of report.json; grows when a reader of the old one would go wrong."""


@dataclass(frozen=True)
class Report:
    """`identity` is the image's id in the engine; `given` is how it was checked, `written` when, both as text."""

    image: str
    identity: str
    given: str
    written: str
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether SageMaker would refuse something."""
        return any(finding.refused for finding in self.findings)

    @property
    def wants(self) -> str:
        """What has to be given before most can be tried; empty where nothing has."""
        return next((finding.wants for finding in self.findings if finding.wants), "")

    @property
    def good(self) -> bool:
        """Whether SageMaker would refuse nothing of what was tried, and nothing has to be given first."""
        return not self.refused and not self.wants

    def of(self, verdict: Verdict, severity: Severity | None = None) -> tuple[Finding, ...]:
        """The findings with this verdict and, where one is named, this severity."""
        chosen = (finding for finding in self.findings if finding.verdict is verdict)
        return tuple(finding for finding in chosen if severity in (None, finding.severity))

    @property
    def sentence(self) -> str:
        """What it comes to."""
        refused = len(self.of(Verdict.FAILED, Severity.REFUSED))
        untried = len([one for one in self.of(Verdict.NOT_TRIED) if one.severity is Severity.REFUSED])
        if refused:
            return f"SageMaker would refuse this image, for {count(refused, 'reason')}"
        if self.wants:
            return f"Nothing that needs a training could be tried until {self.wants}"
        if untried:
            return (
                f"Nothing was seen that SageMaker would refuse, but {count(untried, 'such check')} could not be tried"
            )
        return "SageMaker would refuse nothing of what was checked"


def values(report: Report) -> Mapping[str, object]:
    """report.json, in plain values."""
    return {
        "format": FORMAT,
        "image": report.image,
        "id": report.identity,
        "given": report.given,
        "written": report.written,
        "refused": report.refused,
        "wants": report.wants,
        "counts": {
            "passed": len(report.of(Verdict.PASSED)),
            **{severity.value: len(report.of(Verdict.FAILED, severity)) for severity in Severity},
            "not tried": len(report.of(Verdict.NOT_TRIED)),
            "not applicable": len(report.of(Verdict.NOT_APPLICABLE)),
        },
        "checks": [_entry(finding) for finding in report.findings],
    }


def _entry(finding: Finding) -> Mapping[str, object]:
    check = finding.check
    return {
        "id": check.id,
        "title": check.title,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "evidence": finding.evidence,
        "rule": check.rule,
        "source": check.source,
        "mend": check.mend,
        "seconds": round(finding.seconds, 2),
    }
