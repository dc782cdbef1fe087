"""Shows the checks in a terminal as they are tried, or as plain lines in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from rich.console import Console
from rich.text import Text

from local_mode.conformance.check import Finding, Severity, Verdict
from local_mode.conformance.report import Report
from local_mode.log_lines import as_in_terminal

COLOURS = {Severity.REFUSED: "bold red", Severity.BITES: "yellow", Severity.ADVICE: "blue"}
SHOWN_CHARACTERS = 110


class View:
    """As a context manager it owns the line below everything else, which says what is being tried."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._status = self._console.status("")
        self._group = self._obstacle = ""

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._status.stop()

    def doing(self, text: str) -> None:
        """What goes on now. Only a terminal shows it."""
        self._status.update(Text(as_in_terminal(text)))

    def found(self, finding: Finding) -> None:
        """One line for a check that is done."""
        group = finding.check.id.partition(".")[0]
        if group != self._group:
            self._group = group
            self._print(Text(f"\n{group}", style="bold"))
        mark, colour = _mark(finding)
        line = Text(f" {mark} ", style=colour)
        line.append(finding.check.title, style="" if finding.verdict is Verdict.PASSED else colour)
        evidence = " ".join(finding.evidence.split())
        # One missing thing can stand in the way of many checks.
        obstacle = evidence if finding.verdict is Verdict.NOT_TRIED else ""
        if obstacle and obstacle == self._obstacle:
            evidence = "likewise"
        self._obstacle = obstacle
        if finding.verdict is not Verdict.FAILED:
            evidence = evidence if len(evidence) <= SHOWN_CHARACTERS else evidence[: SHOWN_CHARACTERS - 1] + "…"
        self._print(line.append(f"  {as_in_terminal(evidence)}", style="dim"))

    def finished(self, report: Report, page: Path) -> None:
        """What SageMaker would refuse, what will bite, and advice: each with its reason and how to mend it."""
        self._status.stop()
        for severity in Severity:
            found = report.of(Verdict.FAILED, severity)
            if found:
                self._print(Text(f"\n{severity.value} ({len(found)})", style=COLOURS[severity]))
            for finding in found:
                self._explain(finding)
        passed, untried, idle = (
            len(report.of(verdict)) for verdict in (Verdict.PASSED, Verdict.NOT_TRIED, Verdict.NOT_APPLICABLE)
        )
        colour = "bold green" if report.good else "bold red"
        self._print(Text(f"\n{report.sentence}.", style=colour))
        counted = f"{passed} of {len(report.findings)} checks passed, {untried} not tried, {idle} not applicable"
        self._print(Text(f"{counted}; report: {page}"))

    def _explain(self, finding: Finding) -> None:
        check = finding.check
        self._print(Text(f"  {check.id}: should be: {check.title}"))
        for word, said in (
            ("seen", finding.evidence),
            ("why", check.rule),
            ("mend", check.mend),
            ("source", check.source),
        ):
            shown = as_in_terminal(" ".join(said.split()))
            self._print(Text(f"    {word:<7}", style="dim").append(shown, style="not dim"))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _mark(finding: Finding) -> tuple[str, str]:
    if finding.verdict is Verdict.PASSED:
        return "✓", "green"
    if finding.verdict is Verdict.NOT_TRIED:
        return "–", "dim"
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return "·", "dim"
    return "✗", COLOURS[finding.severity]
