"""The figures as a picture: a row a server, a column of bars a metric, as SVG that follows the reader's colours."""

from __future__ import annotations

from xml.sax.saxutils import escape

from tests.bench.serving.figures import MEMORY, ONE, P99, START, THOUSAND, Figures, Metric
from tests.bench.serving.peers import OURS, Peer

_COLUMNS = (ONE, THOUSAND, P99, START, MEMORY)
_LABELS, _COLUMN, _BAR = 292, 172, 64
"""Widths: of the servers' names, of a metric, and of its longest bar."""
_TOP, _ROW, _MARGIN = 118, 34, 24
_STYLE = """\
  :root { --page: #ffffff; --ink: #101828; --muted: #475467; --rule: #e4e8ee; --bar: #a9b8cf; --ours: #1d5fd6; }
  @media (prefers-color-scheme: dark) {
    :root { --page: #0c111d; --ink: #eceff5; --muted: #a4afc2; --rule: #232c3d; --bar: #4c5b75; --ours: #6ea8fe; } }
  text { font: 13.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
    fill: var(--ink); }
  .title { font-size: 19px; font-weight: 650; } .head { font-weight: 650; }
  .note { fill: var(--muted); font-size: 12.5px; }
  .page { fill: var(--page); } .rule { stroke: var(--rule); } .bar { fill: var(--bar); } .ours { fill: var(--ours); }
  .floor { fill: none; stroke: var(--bar); }
  .mine { font-weight: 650; }"""


def draw(figures: Figures) -> str:
    """An SVG document."""
    width = _MARGIN * 2 + _LABELS + _COLUMN * len(_COLUMNS)
    notes = [*_wrap(figures.conditions, 165), "↑ more is better, ↓ less is better; × how many times the Flask sample's"]
    height = _TOP + _ROW * len(figures.peers) + 26 + 18 * len(notes) + _MARGIN - 8
    title = "Serving one XGBoost model: this repository beside the field"
    root = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    parts = [
        f'{root} aria-labelledby="title about">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="about">{escape(_describe(figures))}</desc>',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="page" width="{width}" height="{height}" rx="14"/>',
        _text(_MARGIN, 40, title, "title"),
        *_heads(),
        *(line for place, peer in enumerate(figures.peers) for line in _server(figures, peer, _TOP + _ROW * place)),
        *(
            _text(_MARGIN, _TOP + _ROW * len(figures.peers) + 28 + 18 * place, line, "note")
            for place, line in enumerate(notes)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heads() -> list[str]:
    lines = []
    for place, metric in enumerate(_COLUMNS):
        name, _, unit = metric.title.partition(", ")
        better = "↑" if metric.more_is_better else "↓"
        lines += [_text(_column(place), 78, name, "head"), _text(_column(place), 96, f"{unit} {better}", "note")]
    return lines


def _server(figures: Figures, peer: Peer, top: int) -> list[str]:
    middle = top + _ROW / 2
    mine = peer.name == OURS
    kind = "ours" if mine else "floor" if peer.floor else "bar"
    end = _MARGIN + _LABELS + _COLUMN * len(_COLUMNS)
    lines = [
        f'<line class="rule" x1="{_MARGIN}" y1="{top}" x2="{end}" y2="{top}"/>',
        _text(_MARGIN, middle + 5, peer.title, "mine" if mine else "note" if peer.floor else ""),
    ]
    if peer.name in figures.reasons:
        return [*lines, _text(_column(0), middle + 5, "could not be measured", "note")]
    for place, metric in enumerate(_COLUMNS):
        value = figures.values[peer.name].get(metric.key)
        if value is not None:
            length = max(_BAR * value / _longest(figures, metric), 1.0)
            where = f'x="{_column(place)}" y="{middle - 8:g}" width="{length:.1f}" height="16" rx="2"'
            lines.append(f'<rect class="{kind}" {where}/>')
            ratio = figures.ratio(peer, metric) if mine else None
            label = f"{value:,.{metric.digits}f}" + (f" · {ratio:.2g}×" if ratio is not None else "")
            lines.append(_text(_column(place) + length + 6, middle + 5, label, "mine" if mine else ""))
    return lines


def _longest(figures: Figures, metric: Metric) -> float:
    return max(values[metric.key] for values in figures.values.values() if metric.key in values)


def _column(place: int) -> int:
    return _MARGIN + _LABELS + _COLUMN * place


def _describe(figures: Figures) -> str:
    measured = [peer for peer in figures.peers if peer.name not in figures.reasons]
    cells = ("; ".join(f"{metric.title} {figures.cell(peer, metric)}" for metric in _COLUMNS) for peer in measured)
    return " ".join(f"{peer.title}: {cell}." for peer, cell in zip(measured, cells, strict=True))


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x:g}" y="{y:g}"{f""" class="{kind}" """.rstrip() if kind else ""}>{escape(text)}</text>'


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
