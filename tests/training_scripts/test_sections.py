"""Sections that an algorithm describes itself: shown, cut, escaped, and told to programs whole."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from contract.environment import TrainingEnvironment
from training_scripts import report, sections
from training_scripts.summary import Bars, Curves, Summary, Table

NASTY = "<script>alert(1)</script>&\"' \x00 한국어"
SECTIONS = (
    Bars("Shares", {"first": 0.75, NASTY: 0.25, "none": math.nan}, note="Of a whole.", shares=True),
    Bars("Sizes", {"large": 1234.5}),
    Curves("Sums", {"explained": [0.5, math.inf, 1.0], NASTY: []}, axis="components", note=NASTY),
    Table("Loadings", ["component", "features", "value"], [["1", NASTY, "2.5"]], figures=1, note="By size."),
    Table("Words", ["a", "b"], [["x", "y"]]),
)


def written(directory: Path, *parts: Bars | Curves | Table) -> tuple[ET.Element, dict[str, object]]:
    """The page as XML and metrics.json."""
    report.write(directory, Summary("PCA", sections=parts), TrainingEnvironment("job", {}, {}))
    html = (directory / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    return ET.fromstring(html.removeprefix("<!DOCTYPE html>\n")), json.loads((directory / "metrics.json").read_text())


def test_each_is_a_section_of_the_page_in_its_order(tmp_path: Path) -> None:
    root, _ = written(tmp_path, *SECTIONS)
    assert [node.text for node in root.iter("h2")] == ["Shares", "Sizes", "Sums", "Loadings", "Words"]
    drawn = [node.text for node in root.iter() if node.tag.endswith("}text")]
    assert {"75.0%", "25.0%", "not a number", "1,234", "components", "explained"} <= set(drawn)
    tips = [node.text for node in root.iter() if node.tag.endswith("}title")]
    assert "explained, components 3: 1" in tips
    assert "Of a whole." in [node.text for node in root.iter("p")]
    kinds = [[cell.attrib.get("class") for cell in row] for row in root.iter("tr")]
    assert kinds == [[None, None, "figure"], [None, None, "figure"], [None, None], [None, None]]


def test_programs_get_the_same_figures(tmp_path: Path) -> None:
    _, figures = written(tmp_path, *SECTIONS)
    assert figures["sections"] == {
        "Shares": {"first": 0.75, NASTY: 0.25, "none": None},
        "Sizes": {"large": 1234.5},
        "Sums": {"explained": [0.5, None, 1.0], NASTY: []},
        "Loadings": {"columns": ["component", "features", "value"], "rows": [["1", NASTY, "2.5"]]},
        "Words": {"columns": ["a", "b"], "rows": [["x", "y"]]},
    }


@pytest.mark.parametrize("count", [0, 20, 21, 500])
def test_of_many_the_first_are_shown_and_all_are_told(tmp_path: Path, count: int) -> None:
    names = [f"c{place}" for place in range(count)]
    bars, table = Bars("B", dict.fromkeys(names, 1.0)), Table("T", ["c"], [[name] for name in names])
    root, figures = written(tmp_path, bars, table)
    rects = [node for node in root.iter() if node.attrib.get("class") == "bar"]
    assert len(rects) == len(list(root.iter("tr"))) - 1 == min(count, sections.SHOWN)
    notes = [node.text for node in root.iter("p") if node.text and re.match("The first", node.text)]
    assert notes == ["The first 20 of 500 are shown."] * 2 if count == 500 else len(notes) == 2 * (count > 20)
    assert len(figures["sections"]["B"]) == len(figures["sections"]["T"]["rows"]) == count
