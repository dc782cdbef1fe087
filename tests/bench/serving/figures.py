"""What was measured: medians over the rounds, as a table for the terminal and for a document."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.serving.peers import BASELINE, Peer

BRACKETS = "In brackets: how many times the Flask sample's."
BEGIN, END = "<!-- bench/serving -->", "<!-- /bench/serving -->"


@dataclass(frozen=True)
class Metric:
    key: str
    title: str
    digits: int
    more_is_better: bool = False


ONE, THOUSAND = Metric("rate_1", "1 row, requests/s", 0, True), Metric("rate_1000", "1,000 rows, requests/s", 0, True)
P50, P99 = Metric("p50", "p50, ms", 2), Metric("p99", "p99, ms", 2)
START, MEMORY = Metric("start", "start to /ping, s", 2), Metric("memory", "memory (PSS), MB", 0)
METRICS = (ONE, THOUSAND, P50, P99, START, MEMORY)


@dataclass(frozen=True)
class Figures:
    """Of one run. Values are medians over its rounds; a peer that could not be measured has a reason instead."""

    peers: Sequence[Peer]
    values: Mapping[str, Mapping[str, float]]
    """Name of a peer -> key of a metric -> median."""
    reasons: Mapping[str, str]
    in_process: Mapping[int, float]
    """Rows -> seconds of one inplace_predict, without a server."""
    conditions: str
    """When, where and how, in a sentence."""

    def ratio(self, peer: Peer, metric: Metric) -> float | None:
        mine, base = self.values.get(peer.name, {}), self.values.get(BASELINE, {})
        return mine[metric.key] / base[metric.key] if metric.key in mine and metric.key in base else None

    def cell(self, peer: Peer, metric: Metric) -> str:
        """The value, and in brackets how many times the baseline's it is."""
        value, ratio = self.values.get(peer.name, {}).get(metric.key), self.ratio(peer, metric)
        if value is None:
            return "–"
        return f"{value:,.{metric.digits}f}" + (f" ({ratio:.2f})" if ratio is not None else "")

    def floor(self) -> str:
        calls = " and ".join(f"{seconds * 1e6:,.0f} µs for {rows:,}" for rows, seconds in self.in_process.items())
        return f"`inplace_predict` in process, one thread, rows at hand: {calls} rows."


@dataclass
class Rounds:
    """Values as they come."""

    found: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, peer: Peer, metric: Metric, value: float) -> None:
        self.found.setdefault(peer.name, {}).setdefault(metric.key, []).append(value)

    def medians(self) -> dict[str, dict[str, float]]:
        return {
            name: {key: statistics.median(values) for key, values in metrics.items()}
            for name, metrics in self.found.items()
        }


def text(figures: Figures) -> str:
    """For a terminal."""
    rows = _rows(figures)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(
        [*lines, "", f"{figures.conditions} {BRACKETS}", figures.floor().replace("`", ""), *_notes(figures)]
    )


def markdown(figures: Figures) -> str:
    """For a document, markers included."""
    head, *rows = ["| " + " | ".join(row) + " |" for row in _rows(figures)]
    rule = "| --- |" + " --- |" * len(METRICS)
    return "\n".join(
        [BEGIN, f"{figures.conditions} {BRACKETS}", "", head, rule, *rows, "", figures.floor(), *_notes(figures), END]
    )


def write(path: Path, block: str) -> None:
    """Put `block` between the markers of a document. Raises ValueError where it has none."""
    before, after = around(path)
    path.write_text(before + block + after)


def around(path: Path) -> tuple[str, str]:
    """What stands before and behind the markers of a document. Raises ValueError where it has none."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no lines {BEGIN} and {END}")
    return before, after


def _rows(figures: Figures) -> list[list[str]]:
    head = ["server", *(metric.title for metric in METRICS)]
    return [head, *([peer.title, *(figures.cell(peer, metric) for metric in METRICS)] for peer in figures.peers)]


def _notes(figures: Figures) -> list[str]:
    return [f"Not measured: {figures.reasons[peer.name]}" for peer in figures.peers if peer.name in figures.reasons]
