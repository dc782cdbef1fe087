"""Charts as inline SVG: lines over rounds, bars, a confusion matrix, a scatter of predictions.

Colours are classes of training_scripts.style, so that a chart follows the page into dark mode and onto paper. Every
chart has a title and a description for those who cannot see it, and a tooltip on each mark; none holds a script.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract.markup import Markup, element, text
from training_scripts.scales import Scale, drawable, number, scale
from training_scripts.summary import Confusion, Residuals

WIDTH = 720.0
TOLD_POINTS = 200
"""A line of at most so many points gets a tooltip for each; it shows dots only up to MARKED_POINTS."""
MARKED_POINTS = 30
LINE_POINTS = 800
"""A longer line is thinned to about so many points, the extremes of each stretch kept."""
SCATTER_POINTS = 1500
LABEL_WIDTH = 240.0


@dataclass(frozen=True)
class Line:
    name: str
    values: Sequence[float]
    """One a round; a value that is not finite leaves a gap."""


def lines(
    series: Sequence[Line], *, first: int, best: int | None, title: str, description: str, axis: str = "round"
) -> Markup:
    """One line for each of `series` over rounds, or what `axis` counts, from `first` on; `best` is marked by a vertical
    line."""
    height, left, right, top, bottom = 300.0, 64.0, 28.0, 34.0, 44.0
    longest = max((len(line.values) for line in series), default=0)
    across = scale([first, first + max(longest - 1, 0)], left, WIDTH - right, count=8, whole=True)
    upward = scale((value for line in series for value in line.values), height - bottom, top)
    parts = [*_grid(across, upward), _caption((left + WIDTH - right) / 2, height - 8, axis, anchor="middle")]
    if best is not None and across.ticks[0] <= best <= across.ticks[-1]:
        parts += _best(across(best), top, height - bottom)
    for place, line in enumerate(series):
        parts += _line(line, place, first, axis, across, upward)
    return _picture(height, title, description, [*parts, *_legend([line.name for line in series], left)])


def bars(values: Sequence[tuple[str, float]], *, show: Callable[[float], str], title: str, description: str) -> Markup:
    """Horizontal bars, longest name at most a third of the width; lengths by absolute value, `show` writes it."""
    row, top = 26.0, 4.0
    left = min(LABEL_WIDTH, max((_breadth(name) for name, _ in values), default=0.0)) + 20
    room = WIDTH - left - 84
    sizes = [abs(value) if drawable(value) else 0.0 for _, value in values]
    largest = max(sizes, default=0.0) or 1.0
    parts = []
    for place, ((name, value), size) in enumerate(zip(values, sizes, strict=True)):
        y, long = top + place * row, max(1.5, size / largest * room)
        tip = element("title", text(f"{name}: {show(value)}"))
        bar = element("rect", tip, class_="bar", x=left, y=y + 4, width=long, height=row - 8, rx=3)
        parts += [
            _caption(left - 10, y + row / 2 + 4, _cut(name, LABEL_WIDTH), anchor="end", class_="name"),
            bar,
            _caption(left + long + 8, y + row / 2 + 4, show(value)),
        ]
    return _picture(2 * top + row * len(values), title, description, parts)


def matrix(confusion: Confusion, *, title: str, description: str) -> Markup:
    """A confusion matrix shaded by the share of its row: right answers in one hue, mistakes in another."""
    size = len(confusion.classes)
    left = min(LABEL_WIDTH / 2, max((_breadth(name) for name in confusion.classes), default=0.0)) + 34
    cell = min(116.0, (WIDTH - left - 8) / max(size, 1))
    top, tall = 50.0, max(cell * 0.62, 10.0) if size <= 12 else cell
    parts = [
        _caption(left + cell * size / 2, 14, "predicted", anchor="middle"),
        _caption(12, top + tall * size / 2, "true", anchor="middle", turned=True),
    ]
    every, beside = math.ceil(24 / cell), math.ceil(15 / tall)
    for place, name in enumerate(confusion.classes):
        if place % beside == 0:
            middle = top + (place + 0.5) * tall + 4
            parts.append(_caption(left - 8, middle, _cut(name, LABEL_WIDTH / 2), anchor="end", class_="name"))
        if place % every == 0:
            middle = left + (place + 0.5) * cell
            parts.append(_caption(middle, top - 10, _cut(name, cell * every), anchor="middle", class_="name"))
    for true, counts in enumerate(confusion.counts):
        total = sum(counts)
        for guess, count in enumerate(counts):
            tip = f"true {confusion.classes[true]}, predicted {confusion.classes[guess]}: {count:,} of {total:,}"
            x, y, share = left + guess * cell, top + true * tall, count / total if total else 0.0
            hue = "right" if true == guess else "wrong"
            parts.append(_cell(x, y, cell, tall, share, hue, tip, written=f"{count:,}" if size <= 12 else ""))
    return _picture(top + tall * size + 8, title, description, parts, width=left + cell * size + 8)


def scatter(residuals: Residuals, *, title: str, description: str) -> Markup:
    """Predicted over actual, with the line on which they agree. More than 1,500 rows are thinned evenly."""
    height, left, right, top, bottom = 400.0, 76.0, 32.0, 12.0, 46.0
    pairs = [
        (float(actual), float(predicted))
        for actual, predicted in zip(residuals.actual, residuals.predicted, strict=True)
        if drawable(float(actual)) and drawable(float(predicted))
    ]
    pairs = pairs[:: max(1, math.ceil(len(pairs) / SCATTER_POINTS))]
    both = [value for pair in pairs for value in pair]
    across, upward = scale(both, left, WIDTH - right, count=7), scale(both, height - bottom, top, count=7)
    low, high = across.ticks[0], across.ticks[-1]
    agree = element("line", class_="agree", x1=across(low), y1=upward(low), x2=across(high), y2=upward(high))
    dots = [element("circle", class_="dot", cx=across(x), cy=upward(y), r=2.5) for x, y in pairs]
    names = [
        _caption((left + WIDTH - right) / 2, height - 8, "actual", anchor="middle"),
        _caption(14, (top + height - bottom) / 2, "predicted", anchor="middle", turned=True),
    ]
    return _picture(height, title, description, [*_grid(across, upward), agree, *dots, *names])


def _picture(height: float, title: str, description: str, parts: Sequence[Markup], width: float = WIDTH) -> Markup:
    return element(
        "svg",
        element("title", text(title)),
        element("desc", text(description)),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        style=f"max-width:{width:.0f}px",
        role="img",
        aria_label=f"{title}. {description}",
    )


def _grid(across: Scale, upward: Scale) -> list[Markup]:
    parts = []
    for tick in upward.ticks:
        y = upward(tick)
        parts.append(element("line", class_="grid", x1=across.start, y1=y, x2=across.end, y2=y))
        parts.append(_caption(across.start - 8, y + 4, upward.label(tick), anchor="end"))
    parts += [_caption(across(tick), upward.start + 18, across.label(tick), anchor="middle") for tick in across.ticks]
    return [*parts, element("line", class_="axis", x1=across.start, y1=upward.start, x2=across.end, y2=upward.start)]


def _line(line: Line, place: int, first: int, axis: str, across: Scale, upward: Scale) -> list[Markup]:
    points = [(first + index, value) for index, value in enumerate(line.values)]
    path = "".join(
        "M" + "L".join(f"{across(x):.1f} {upward(y):.1f}" for x, y in stretch) for stretch in _stretches(_thin(points))
    )
    kind = f"series s{place % 4}"
    parts = [element("path", class_=kind, d=path)] if path else []
    if len(points) <= TOLD_POINTS:
        parts += [
            element(
                "circle",
                element("title", text(f"{line.name}, {axis} {x}: {number(y)}")),
                class_=f"mark {kind}" if len(points) <= MARKED_POINTS else "touch",
                cx=across(x),
                cy=upward(y),
                r=3.5,
            )
            for x, y in points
            if drawable(y)
        ]
    return parts


def _stretches(points: Sequence[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """Runs of drawable points, so that a gap stays a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for point in points:
        if drawable(point[1]):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _thin(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """About LINE_POINTS of the points: the lowest and the highest of each stretch, and both ends."""
    if len(points) <= LINE_POINTS:
        return list(points)
    kept = {0, len(points) - 1}
    long = math.ceil(2 * len(points) / LINE_POINTS)
    for start in range(0, len(points), long):
        stretch = range(start, min(start + long, len(points)))
        known = [place for place in stretch if drawable(points[place][1])] or [start]
        kept |= {min(known, key=lambda place: points[place][1]), max(known, key=lambda place: points[place][1])}
    return [points[place] for place in sorted(kept)]


def _best(x: float, top: float, bottom: float) -> list[Markup]:
    before = x > WIDTH - 110
    return [
        element("line", class_="best", x1=x, y1=top, x2=x, y2=bottom),
        _caption(x + (-6 if before else 6), bottom - 8, "best round", anchor="end" if before else "start"),
    ]


def _legend(names: Sequence[str], left: float) -> list[Markup]:
    parts = []
    for place, name in enumerate(names):
        shown = _cut(name, 160.0)
        parts += [
            element("line", class_=f"series s{place % 4}", x1=left, y1=14.0, x2=left + 24, y2=14.0),
            _caption(left + 30, 18.0, shown, class_="name"),
        ]
        left += 54 + _breadth(shown)
    return parts


def _cell(x: float, y: float, wide: float, tall: float, share: float, hue: str, tip: str, *, written: str) -> Markup:
    gap = 1.0 if wide > 16 else 0.5
    rect = element(
        "rect",
        class_=f"cell {hue}",
        x=x + gap,
        y=y + gap,
        width=wide - 2 * gap,
        height=tall - 2 * gap,
        rx=3 if wide > 16 else 1,
        fill_opacity=0.06 + 0.74 * share if share else 0.06,
    )
    room = wide > 70
    words = [_caption(x + wide / 2, y + tall / 2 + (0 if room else 5), written, anchor="middle", class_="count")]
    if room:
        words.append(_caption(x + wide / 2, y + tall / 2 + 17, f"{share:.1%}", anchor="middle", class_="name"))
    return element("g", element("title", text(tip)), rect, *(words if written else []))


def _caption(
    x: float, y: float, words: str, *, anchor: str = "start", class_: str | None = None, turned: bool = False
) -> Markup:
    turn = f"rotate(-90 {x:.1f} {y:.1f})" if turned else None
    return element("text", text(words), x=x, y=y, text_anchor=anchor, class_=class_, transform=turn)


def _breadth(words: str) -> float:
    """About how many pixels the words take at 12 px; East Asian characters are twice as broad."""
    return sum(12.5 if unicodedata.east_asian_width(letter) in "WF" else 6.8 for letter in words)


def _cut(words: str, room: float) -> str:
    """The words, their middle left out where they are broader than `room`: names differ at both ends."""
    keep = len(words)
    shown = words
    while keep > 2 and _breadth(shown) > room:
        keep -= 1
        shown = words[: math.ceil(keep / 2)] + "…" + words[len(words) - keep // 2 :]
    return shown
