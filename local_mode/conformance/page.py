"""report.html: one self-contained page about one image. No script, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence

from contract.markup import Markup, element, style, text
from local_mode.conformance.check import Finding, Severity, Verdict
from local_mode.conformance.report import Report
from local_mode.conformance.style import CSS

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page forbids itself whatever it does not need, should a value ever slip through as markup."""
GROUPS = {
    "image": "The image",
    "training": "Training",
    "serving": "Serving",
}
HEADINGS = {
    Severity.REFUSED: "What SageMaker would refuse",
    Severity.BITES: "What will bite you",
    Severity.ADVICE: "Advice",
}
CLASSES = {Severity.REFUSED: "refused", Severity.BITES: "bites", Severity.ADVICE: "advice"}


def page(report: Report) -> str:
    """The whole document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", text(f"{report.image}: contract check")),
        style(CSS),
    )
    main = element(
        "main",
        element("h1", text(report.image)),
        element("p", text(f"Checked against SageMaker's container contract on {report.written}"), class_="sub"),
        _verdict(report),
        _tiles(report),
        *_faults(report),
        _untried(report.of(Verdict.NOT_TRIED)),
        _every(report),
        element("footer", text(f"Image {report.identity}. {report.given} The same for programs: report.json.")),
    )
    return "<!DOCTYPE html>\n" + element("html", head, element("body", main), lang="en") + "\n"


def _verdict(report: Report) -> Markup:
    kind = "fine" if report.good else "refused"
    return element("p", text(("✓ " if report.good else "✗ ") + report.sentence + "."), class_=f"verdict {kind}")


def _tiles(report: Report) -> Markup:
    tiles = [(CLASSES[one], len(report.of(Verdict.FAILED, one)), one.value) for one in Severity]
    tiles += [("untried", len(report.of(one)), one.value) for one in (Verdict.NOT_TRIED, Verdict.NOT_APPLICABLE)]
    tiles.append(("fine", len(report.of(Verdict.PASSED)), "passed"))
    shown = [
        element("li", element("b", text(count)), element("span", text(word)), class_=kind if count else "none")
        for kind, count, word in tiles
    ]
    return element("ul", *shown, class_="tiles")


def _faults(report: Report) -> list[Markup]:
    sections = []
    for severity, heading in HEADINGS.items():
        found = report.of(Verdict.FAILED, severity)
        if found:
            sections.append(element("section", element("h2", text(heading)), *(_fault(one) for one in found)))
    return sections


def _fault(finding: Finding) -> Markup:
    check = finding.check
    rows = [("Seen", element("code", text(finding.evidence))), ("Why", text(check.rule)), ("Mend", text(check.mend))]
    rows.append(("Source", text(check.source)))
    return element(
        "article",
        element("h3", text(f"Should be: {check.title}"), element("small", text(check.id))),
        element("dl", *(part for word, value in rows for part in (element("dt", text(word)), element("dd", value)))),
        class_=CLASSES[finding.severity],
    )


def _untried(findings: Sequence[Finding]) -> Markup:
    if not findings:
        return text("")
    rows = [
        element("tr", element("th", text(one.check.title), _id(one)), element("td", text(one.evidence)))
        for one in findings
    ]
    return element(
        "section",
        element("h2", text("Not tried")),
        element("p", text("Nothing is known of these.")),
        element("table", element("tbody", *rows)),
    )


def _every(report: Report) -> Markup:
    """Every check, with what was seen."""
    parts = []
    for group, heading in GROUPS.items():
        found = [one for one in report.findings if one.check.id.startswith(f"{group}.")]
        if found:
            parts.append(element("h3", text(heading)))
            parts.append(element("table", element("tbody", *(_row(one) for one in found))))
    return element("section", element("h2", text("Everything that was checked")), *parts)


def _row(finding: Finding) -> Markup:
    word, kind = "passed", "fine"
    if finding.verdict is Verdict.FAILED:
        word, kind = finding.severity.value, CLASSES[finding.severity]
    elif finding.verdict is not Verdict.PASSED:
        word, kind = finding.verdict.value, "untried"
    return element(
        "tr",
        element("td", element("span", text(word), class_=f"mark {kind}")),
        element("th", text(finding.check.title), _id(finding)),
        element("td", text(finding.evidence)),
    )


def _id(finding: Finding) -> Markup:
    return element("small", text(finding.check.id))
