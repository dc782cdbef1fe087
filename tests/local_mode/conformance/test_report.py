from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from local_mode.conformance.check import Finding, Severity, Verdict
from local_mode.conformance.console import View
from local_mode.conformance.page import page
from local_mode.conformance.report import Report, values

Make = Callable[..., Finding]
REFUSED, BITES, ADVICE = Severity.REFUSED, Severity.BITES, Severity.ADVICE


def report(*findings: Finding) -> Report:
    return Report("repo/<b>:1", "sha256:abc", "Hyperparameters: none.", "2026-01-01 12:00 UTC", findings)


def test_sentence_says_what_it_comes_to(finding: Make) -> None:
    fine = finding("image.a", Verdict.PASSED)
    untried = finding("image.b", Verdict.NOT_TRIED, "no model")
    refused = finding("image.c", Verdict.FAILED)
    bites = finding("image.d", Verdict.FAILED, "seen", BITES)
    assert report(fine, bites).sentence == "SageMaker would refuse nothing of what was checked"
    assert report(fine, untried).sentence.endswith("but 1 such check could not be tried")
    assert report(refused, refused, untried).sentence == "SageMaker would refuse this image, for 2 reasons"
    assert [report(one).refused for one in (fine, untried, refused, bites)] == [False, False, True, False]


def test_an_image_that_was_not_told_enough_is_neither_refused_nor_fine(finding: Make) -> None:
    wants = "--hyperparameters suit the image: 'a' is required"
    untold = dataclasses.replace(finding("training.a", Verdict.NOT_TRIED, "exit code 1"), wants=wants)
    fine = report(finding("image.b", Verdict.PASSED))
    told = report(untold, *fine.findings)
    assert told.sentence == f"Nothing that needs a training could be tried until {wants}"
    assert (fine.good, told.good, told.refused) == (True, False, False)
    assert (values(told)["wants"], values(fine)["wants"]) == (wants, "")
    assert f"✗ {told.sentence}." in "".join(
        ElementTree.fromstring(page(told).removeprefix("<!DOCTYPE html>\n")).itertext()
    )
    both = report(untold, finding("image.c", Verdict.FAILED))
    assert both.sentence == "SageMaker would refuse this image, for 1 reason"


def test_what_does_not_apply_is_neither_passed_nor_in_the_way(finding: Make) -> None:
    told = report(finding("image.a", Verdict.PASSED), finding("serving.b", Verdict.NOT_APPLICABLE, "not claimed"))
    assert told.good
    assert told.sentence == "SageMaker would refuse nothing of what was checked"
    counts = values(told)["counts"]
    assert isinstance(counts, dict)
    assert (counts["passed"], counts["not tried"], counts["not applicable"]) == (1, 0, 1)
    root = ElementTree.fromstring(page(told).removeprefix("<!DOCTYPE html>\n"))
    assert [mark.text for mark in root.iter("span") if "mark" in mark.get("class", "")] == ["passed", "not applicable"]
    assert "Not tried" not in [heading.text for heading in root.iter("h2")]


def test_json_has_all_of_it(finding: Make) -> None:
    told = json.loads(
        json.dumps(values(report(finding("image.a", Verdict.PASSED), finding("image.b", Verdict.FAILED, "x", ADVICE))))
    )
    assert told["counts"] == {"passed": 1, REFUSED: 0, BITES: 0, ADVICE: 1, "not tried": 0, "not applicable": 0}
    assert told["checks"][1] == {
        "id": "image.b",
        "title": "title of image.b",
        "verdict": "failed",
        "severity": "advice",
        "evidence": "x",
        "rule": "the rule",
        "source": "the source",
        "mend": "the cure",
        "seconds": 0.12,
    }


def test_page_is_well_formed_and_says_everything_of_a_fault(finding: Make) -> None:
    findings = [
        finding("image.a", Verdict.FAILED, "<script>alert(1)</script>\x00"),
        finding("training.b", Verdict.FAILED, "bitten", BITES),
        finding("serving.c", Verdict.NOT_TRIED, "no model"),
        finding("serving.d", Verdict.PASSED, "answered"),
    ]
    text = page(report(*findings))
    root = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    shown = " ".join("".join(root.itertext()).split())
    for expected in ("repo/<b>:1", "<script>alert(1)</script>\ufffd", "the rule", "the cure", "bitten", "no model"):
        assert expected in shown
    assert [heading.text for heading in root.iter("h2")] == [
        "What SageMaker would refuse",
        "What will bite you",
        "Not tried",
        "Everything that was checked",
    ]
    assert [heading.text for heading in root.iter("h3")][2:] == ["The image", "Training", "Serving"]
    assert list(root.iter("script")) == []


@pytest.mark.parametrize("terminal", [False, True])
def test_console_shows_each_check_and_then_what_to_mend(finding: Make, terminal: bool) -> None:
    said = io.StringIO()
    findings = [
        finding("image.a", Verdict.PASSED, "seen \x1b[2J"),
        finding("serving.b", Verdict.NOT_TRIED, "no model"),
        finding("serving.c", Verdict.NOT_TRIED, "no model"),
        finding("serving.d", Verdict.FAILED, "[red]wrong"),
        finding("serving.e", Verdict.NOT_APPLICABLE, "not claimed"),
        finding("serving.f", Verdict.NOT_TRIED, "no model"),
    ]
    with View(Console(file=said, force_terminal=terminal, color_system=None, highlight=False, width=80)) as view:
        view.doing("trying \x1b[2J")
        for one in findings:
            view.found(one)
        view.finished(report(*findings), Path("report.html"))
    assert "\x1b[2J" not in said.getvalue()
    for line in (
        " ✓ title of image.a  seen #033[2J",
        " – title of serving.b  no model",
        " – title of serving.c  likewise",
        " ✗ title of serving.d  [red]wrong",
        " · title of serving.e  not claimed",
        " – title of serving.f  no model",
        "refused by SageMaker (1)",
        "    mend   the cure",
        "SageMaker would refuse this image, for 1 reason.",
        "1 of 6 checks passed, 3 not tried, 1 not applicable; report: report.html",
    ):
        assert line in said.getvalue()
