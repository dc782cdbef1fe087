"""Charts: well-formed, escaped, inside their frame, whatever the numbers are."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import numpy as np
import pytest

from contract.markup import Markup
from training_scripts import charts
from training_scripts.scales import number
from training_scripts.summary import Confusion, Residuals

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>&\"'\x00\x1b\ud800 한국어"


def parsed(chart: Markup) -> ET.Element:
    """The chart as XML, once it names itself and every coordinate lies inside the frame."""
    root = ET.fromstring(chart)
    assert root[0].tag == SVG + "title"
    assert root[1].tag == SVG + "desc"
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for node in root.iter():
        for key in ("x", "cx", "x1", "x2"):
            assert -1 <= float(node.attrib.get(key, 0)) <= width + 1, (node.tag, node.attrib)
        for key in ("y", "cy", "y1", "y2", "height"):
            assert -1 <= float(node.attrib.get(key, 0)) <= height + 1, (node.tag, node.attrib)
    assert "nan" not in chart
    assert "inf" not in chart.replace("infinite", "")
    return root


def texts(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter(SVG + "text")]


def draw(*values: Sequence[float], first: int = 0, best: int | None = None) -> ET.Element:
    series = [charts.Line(f"line {place}", line) for place, line in enumerate(values)]
    return parsed(charts.lines(series, first=first, best=best, title="t", description="d"))


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0.5],
        [0.0, 0.0, 0.0],
        [1.0] * 50,
        [1e9, 1e9 + 1e-7],
        [math.nan] * 5,
        [1.0, math.nan, math.inf, -math.inf, 2.0],
        [1e-12, 2e-12],
        [-1e140, 1e140],
        [1e200, 1.0, -1e308, 1e308],
        [5e-324, 0.0],
    ],
    ids=str,
)
def test_lines_draw_any_values(values: list[float]) -> None:
    draw(values, [0.1, 0.2])
    draw(values, best=0)


def test_a_line_has_a_tooltip_on_each_point() -> None:
    root = draw([0.25, math.nan, 0.75], first=10)
    tips = [node.text for node in root.iter(SVG + "title")]
    assert tips == ["t", "line 0, round 10: 0.2500", "line 0, round 12: 0.7500"]


def test_a_gap_stays_a_gap() -> None:
    root = draw([1.0, 2.0, math.nan, 2.0, 1.0])
    path = next(node for node in root.iter(SVG + "path"))
    assert path.attrib["d"].count("M") == 2


def test_a_long_line_is_thinned_and_keeps_its_extremes() -> None:
    values = [math.sin(x / 7) for x in range(4000)]
    values[1234], values[2345] = 9.5, -9.5
    root = draw(values)
    path = next(node for node in root.iter(SVG + "path")).attrib["d"]
    heights = [float(point.split()[1]) for point in re.split("[ML]", path)[1:]]
    assert len(heights) <= charts.LINE_POINTS + 2
    assert min(heights) < 50, "the peak near the top of the frame"
    assert max(heights) > 240, "the trough near its bottom"


def test_the_best_round_is_marked() -> None:
    assert "best round" in texts(draw([1.0, 2.0, 1.5], best=1))
    assert "best round" not in texts(draw([1.0, 2.0, 1.5], best=100))
    assert "best round" in texts(draw([float(x) for x in range(30)], best=29))


@pytest.mark.parametrize("count", [0, 1, 20])
def test_bars_take_names_of_any_kind_and_length(count: int) -> None:
    values = [(NASTY * (1 + place), float(place - 3)) for place in range(count)]
    root = parsed(charts.bars(values, show=number, title="t", description="d"))
    assert len(list(root.iter(SVG + "rect"))) == count


def test_bars_of_zero_and_of_no_number() -> None:
    root = parsed(charts.bars([("a", 0.0), ("b", math.nan), ("c", math.inf)], show=number, title="t", description="d"))
    assert "not a number" in texts(root)


def test_a_long_name_keeps_both_ends_and_is_whole_in_the_tooltip() -> None:
    name = "customer_education_" + "x" * 60 + "_Bachelor"
    root = parsed(charts.bars([(name, 1.0)], show=number, title="t", description="d"))
    (shown,) = [words for words in texts(root) if "…" in words]
    assert shown.startswith("customer_edu")
    assert shown.endswith("_Bachelor")
    assert f"{name}: 1" in [node.text for node in root.iter(SVG + "title")]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 12, 13, 26, 50])
def test_a_matrix_of_any_size(size: int) -> None:
    counts = np.arange(size * size).reshape(size, size).tolist()
    confusion = Confusion("validation", [f"{NASTY} {place}" for place in range(size)], counts)
    root = parsed(charts.matrix(confusion, title="t", description="d"))
    cells = list(root.iter(SVG + "rect"))
    assert len(cells) == size * size
    assert sum("right" in cell.attrib["class"] for cell in cells) == size


def test_a_matrix_writes_its_counts_and_shades_by_row() -> None:
    root = parsed(charts.matrix(Confusion("t", ["0", "1"], [[665, 302], [0, 0]]), title="t", description="d"))
    assert {"665", "302", "68.8%"} <= set(texts(root))
    opacity = [float(node.attrib["fill-opacity"]) for node in root.iter(SVG + "rect")]
    assert opacity[0] > opacity[1] > opacity[2] == opacity[3]


@pytest.mark.parametrize(
    ("actual", "predicted"),
    [([], []), ([1], [1]), ([1, 1, 1], [1, 1, 1]), ([1, 2, math.nan], [math.inf, 2, 3]), ([-3e38, 3e38], [0, 0])],
    ids=str,
)
def test_a_scatter_of_any_values(actual: list[float], predicted: list[float]) -> None:
    residuals = Residuals("train", np.array(actual, np.float32), np.array(predicted, np.float32))
    parsed(charts.scatter(residuals, title="t", description="d"))


def test_a_scatter_of_many_rows_is_thinned() -> None:
    values = np.linspace(0, 1, 100_000, dtype=np.float32)
    root = parsed(charts.scatter(Residuals("train", values, values), title="t", description="d"))
    assert 500 < len(list(root.iter(SVG + "circle"))) <= charts.SCATTER_POINTS
