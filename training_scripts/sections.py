"""Sections of report.html: the frame of each, and those that an algorithm describes itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from contract.markup import Markup, element, text
from training_scripts import charts
from training_scripts.scales import drawable, number
from training_scripts.summary import Bars, Curves, Table

SHOWN = 20
"""Most bars, and most rows of a table."""


def markup(described: Bars | Curves | Table) -> Markup:
    """A section as the algorithm described it; of many bars or rows the first ones."""
    if isinstance(described, Bars):
        return _bars(described)
    if isinstance(described, Curves):
        return _curves(described)
    rows = described.rows[:SHOWN]
    note = _note(described.note, len(rows), len(described.rows))
    return section(described.title, table(described.columns, rows, figures=described.figures), note=note)


def figures(described: Bars | Curves | Table) -> dict[str, object]:
    """What a section shows, whole, as values for JSON."""
    if isinstance(described, Bars):
        return {name: figure(value) for name, value in described.values.items()}
    if isinstance(described, Curves):
        return {name: [figure(value) for value in values] for name, values in described.series.items()}
    return {"columns": list(described.columns), "rows": [list(row) for row in described.rows]}


def section(title: str, *parts: Markup | None, note: str = "") -> Markup:
    """A card of the page with its heading; parts that are None are left out."""
    heading = [element("h2", text(title)), *([element("p", text(note))] if note else [])]
    return element("section", *heading, *(part for part in parts if part))


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, figures: int | None = None) -> Markup:
    """A table whose first column heads its rows and whose last `figures` columns (all others if None) are numbers."""
    words = 1 if figures is None else len(titles) - figures
    kinds = [None if place < words else "figure" for place in range(len(titles))]
    head = element("tr", *(element("th", text(t), class_=k, scope="col") for t, k in zip(titles, kinds, strict=True)))
    lines = [
        element(
            "tr",
            element("th", text(row[0]), scope="row"),
            *(element("td", text(cell), class_=kind) for cell, kind in zip(row[1:], kinds[1:], strict=True)),
        )
        for row in rows
    ]
    return element("div", element("table", element("thead", head), element("tbody", *lines)), class_="wide")


def _bars(bars: Bars) -> Markup:
    shown = list(bars.values.items())[:SHOWN]

    def show(value: float) -> str:
        return f"{value:.1%}" if bars.shares and drawable(value) else number(value)

    note = _note(bars.note, len(shown), len(bars.values))
    return section(bars.title, charts.bars(shown, show=show, title=bars.title, description=note), note=note)


def _curves(curves: Curves) -> Markup:
    series = [charts.Line(name, values) for name, values in curves.series.items()]
    chart = charts.lines(
        series, first=curves.first, best=None, title=curves.title, description=curves.note, axis=curves.axis
    )
    return section(curves.title, chart, note=curves.note)


def _note(note: str, shown: int, there: int) -> str:
    cut = f"The first {shown:,} of {there:,} are shown." if shown < there else ""
    return " ".join(part for part in (note, cut) if part)


def figure(value: float) -> float | None:
    """A number for JSON, which has no word for one that is not finite: null."""
    return float(value) if math.isfinite(value) else None
