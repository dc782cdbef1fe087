"""report.html: one self-contained page about one training job. No script, nothing fetched."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Sequence

from contract.hyperparameters import write
from contract.markup import Markup, breakable, element, style, text
from contract.metric import Direction
from training_scripts import charts, sections
from training_scripts.scales import drawable, number
from training_scripts.sections import section, table
from training_scripts.style import CSS
from training_scripts.summary import Confusion, Residuals, Summary

TOP_FEATURES = 20
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page forbids itself whatever it does not need, should a value ever slip through as markup."""


def page(summary: Summary, *, job: str, image: str, written: str) -> str:
    """The whole document. `job` and `image` are names, either may be empty; `written` is the time, as text."""
    name = job or "training job"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", text(f"{name}: {summary.title}")),
        style(CSS),
    )
    parts = [
        element("h1", text(name)),
        element("p", text(_subtitle(summary, image, written))),
        _tiles(summary),
        _curves(summary),
        _confusion(summary.confusion) if summary.confusion else None,
        _residuals(summary.residuals) if summary.residuals else None,
        _importances(summary),
        *(sections.markup(part) for part in summary.sections),
        _channels(summary),
        _hyperparameters(summary),
        _seconds(summary),
        _software(summary, image),
        element(
            "footer",
            text(
                "Written beside the model as output/data/report.html; the same figures for programs: "
                "output/data/metrics.json."
            ),
        ),
    ]
    body = element("body", element("main", *(part for part in parts if part)))
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en")


def _subtitle(summary: Summary, image: str, written: str) -> str:
    took = f"{sum(summary.seconds.values()):,.2f} s" if summary.seconds else ""
    return " · ".join(part for part in (summary.title, took, image, written) if part)


def split(metric: str) -> tuple[str, str]:
    """ "validation-cox-nloglik" -> ("validation", "cox-nloglik"); a name without a channel has none."""
    channel, dash, bare = metric.partition("-")
    return (channel, bare) if dash else ("", metric)


def _by_metric(names: Collection[str]) -> dict[str, list[str]]:
    """Bare metric -> its full names, validation first: that is the figure that counts."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(split(name)[1], []).append(name)
    return {bare: sorted(full, key=lambda name: split(name)[0] != "validation") for bare, full in groups.items()}


def _better(direction: Direction | None) -> str:
    return {"Maximize": "higher is better", "Minimize": "lower is better"}.get(direction or "", "")


def _tiles(summary: Summary) -> Markup | None:
    tiles = []
    for bare, names in _by_metric(summary.metrics).items():
        first, *others = names
        notes = [f"{split(name)[0]} {number(summary.metrics[name])}" for name in others]
        notes.append(_better(summary.directions.get(bare)))
        tiles.append(
            element(
                "li",
                element("span", breakable(f"{split(first)[0]} {bare}".strip()), class_="of"),
                element("b", text(number(summary.metrics[first]))),
                element("span", text(" · ".join(note for note in notes if note))),
            )
        )
    return element("ul", *tiles, class_="tiles", aria_label="Final metrics") if tiles else None


def _curves(summary: Summary) -> Markup | None:
    parts = []
    for bare, names in _by_metric(summary.history).items():
        direction = summary.directions.get(bare)
        told = [_told(name, summary.history[name], summary.first_round, direction) for name in names]
        parts += [
            element("h3", text(" · ".join(part for part in (bare, _better(direction)) if part))),
            charts.lines(
                [charts.Line(split(name)[0] or bare, summary.history[name]) for name in names],
                first=summary.first_round,
                best=summary.best_round,
                title=f"{bare} by round",
                description=" ".join(told),
            ),
            element("p", text(" ".join(told))),
        ]
    return section("Learning curves", *parts) if parts else None


def _told(name: str, values: Sequence[float], first: int, direction: Direction | None) -> str:
    """A curve in one sentence."""
    channel = (split(name)[0] or name).capitalize()
    known = [place for place, value in enumerate(values) if drawable(value)]
    if not known:
        return f"{channel}: no round gave a finite value."
    last = f"{number(values[known[-1]])} at the last round, {first + known[-1]:,}"
    choose: Callable[..., int] = max if direction == "Maximize" else min
    best = choose(known, key=lambda place: values[place])
    if direction is None or values[best] == values[known[-1]]:
        return f"{channel}: {last}."
    return f"{channel}: best {number(values[best])} at round {first + best:,}; {last}."


def _importances(summary: Summary) -> Markup | None:
    if not summary.importances:
        return None
    total = sum(abs(value) for value in summary.importances.values() if drawable(value))
    ranked = sorted(summary.importances.items(), key=lambda item: -abs(item[1]) if drawable(item[1]) else 0.0)
    shown = ranked[:TOP_FEATURES]
    used = sum(1 for _, value in ranked if value)
    note = f"By {summary.importance_kind}; the model uses {used:,} features"
    if len(ranked) > len(shown):
        note += f", the top {len(shown)} shown"
    if all(re.fullmatch(r"f\d+", name) for name, _ in ranked):
        note += "; f0 is the first feature, the data gave no names"
    signed = any(value < 0 for _, value in shown)

    def show(value: float) -> str:
        return number(value) if signed or not total or not drawable(value) else f"{value / total:.1%}"

    chart = charts.bars(shown, show=show, title="Feature importance", description=f"{note}. Most: {shown[0][0]}.")
    return section("Feature importance", chart, note=f"{note}.")


def _confusion(confusion: Confusion) -> Markup:
    total = sum(map(sum, confusion.counts))
    right = sum(row[place] for place, row in enumerate(confusion.counts))
    note = f"{right:,} of {total:,} {confusion.channel} rows right"
    note += f" ({right / total:.1%})." if total else "."
    rows = []
    for place, name in enumerate(confusion.classes):
        hits, truly = confusion.counts[place][place], sum(confusion.counts[place])
        guessed = sum(row[place] for row in confusion.counts)
        precision, recall = _share(hits, guessed), _share(hits, truly)
        both = 2 * hits / (truly + guessed) if truly + guessed else math.nan
        rows.append([name, f"{truly:,}", *(number(value) for value in (precision, recall, both))])
    chart = charts.matrix(confusion, title="Confusion matrix", description=note)
    return section("Confusion matrix", chart, table(["class", "rows", "precision", "recall", "F1"], rows), note=note)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _residuals(residuals: Residuals) -> Markup:
    errors = [
        float(predicted) - float(actual)
        for actual, predicted in zip(residuals.actual, residuals.predicted, strict=True)
        if drawable(float(actual)) and drawable(float(predicted))
    ]
    if not errors:
        return section("Predicted and actual", note="No row has a finite prediction.")
    sizes = sorted(map(abs, errors))
    which = f"{len(errors):,} {residuals.channel} rows"
    if residuals.rows is not None:
        which = f"A sample of {len(errors):,} of the {residuals.rows:,} {residuals.channel} rows"
    mean = sum(errors) / len(errors)
    bias = f"{number(abs(mean))} too {'low' if mean < 0 else 'high'}" if mean else "right"
    note = (
        f"{which}: {bias} on average, "
        f"half of the rows within {number(sizes[len(sizes) // 2])}, nine in ten within "
        f"{number(sizes[int(len(sizes) * 0.9)])}. The dashed line is a perfect prediction."
    )
    chart = charts.scatter(residuals, title="Predicted and actual", description=note)
    return section("Predicted and actual", chart, note=note)


def _channels(summary: Summary) -> Markup | None:
    rows = [
        [
            channel.name,
            channel.content_type,
            channel.label,
            "" if channel.missing is None else f"{channel.missing:.1%}",
            f"{channel.rows:,}",
            f"{channel.columns:,}",
        ]
        for channel in summary.channels
    ]
    titles = ["channel", "content type", "label", "missing", "rows", "features"]
    return section("Data", table(titles, rows, figures=3)) if rows else None


def _pairs(pairs: Iterable[tuple[str, object]]) -> Markup:
    lines = [element("div", element("span", text(name)), element("span", text(value))) for name, value in pairs]
    return element("div", *lines, class_="columns")


def _hyperparameters(summary: Summary) -> Markup | None:
    if not summary.hyperparameters:
        return None
    pairs = [(name, write(value)) for name, value in summary.hyperparameters.items()]
    return section("Hyperparameters", _pairs(pairs), note="What is not listed has its default.")


def _seconds(summary: Summary) -> Markup | None:
    total = sum(summary.seconds.values())
    if not total:
        return None
    strips, lines = [], []
    for place, (step, took) in enumerate(summary.seconds.items()):
        tip = f"{step}: {took:,.2f} s"
        strips.append(element("span", class_=f"t{place % 4}", style=f"flex:{took / total:.4f}", title=tip))
        key = element("span", class_=f"key t{place % 4}")
        lines.append(element("div", element("span", key, text(step)), element("span", text(f"{took:,.2f} s"))))
    strip = element("div", *strips, class_="times", aria_hidden="true")
    return section("Time", strip, element("div", *lines, class_="columns"), note=f"{total:,.2f} s in all.")


def _software(summary: Summary, image: str) -> Markup | None:
    pairs = [("image", image), *summary.libraries.items()] if image else [*summary.libraries.items()]
    return section("Software", _pairs(pairs)) if pairs else None
