"""A picture of a fit and of what it leaves: two panels side by side, as a PNG."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES, DOTS_PER_INCH = (11.0, 4.6), 150
INK, FAINT = "#222222", "#d9d9d9"
COLOURS = ("#0072b2", "#d55e00", "#009e73")
"""Told apart by eyes that see red and green alike, too (Okabe and Ito)."""
MARKS, DASHES = ("^", "o", "s"), ("-", "--", ":")


def line_fit(
    path: Path, title: str, axes: tuple[str, str], x: ArrayLike, y: ArrayLike, lines: Mapping[str, tuple[float, float]]
) -> None:
    """Points, lines through them as (slope, intercept) by name, and what each line leaves of every point."""
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    ends = np.array([xs.min(), xs.max()])
    with _panels(path, title) as (fit, rest):
        fit.scatter(xs, ys, s=26, color=INK, alpha=0.75, linewidths=0, zorder=3, label="data")
        for (name, (slope, intercept)), colour, mark, dashes in zip(
            lines.items(), COLOURS, MARKS, DASHES, strict=False
        ):
            fit.plot(ends, slope * ends + intercept, dashes, color=colour, linewidth=2, label=name)
            left = ys - (slope * xs + intercept)
            rest.scatter(xs, left, s=28, marker=mark, color=colour, alpha=0.8, linewidths=0, label=name)
        fit.set(title="fit", xlabel=axes[0], ylabel=axes[1])
        rest.set(title="residuals: data less line", xlabel=axes[0], ylabel=axes[1])
        fit.legend(frameon=False)
        rest.legend(frameon=False, loc="lower left", ncols=len(lines))
        _zero(rest)


def predictions(
    path: Path,
    title: str,
    unit: str,
    true: ArrayLike,
    predicted: ArrayLike,
    groups: Mapping[str, NDArray[np.bool_]],
) -> None:
    """Predictions beside true values, and what they leave; every group of rows in a colour of its own."""
    trues, guesses = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    ends = [min(trues.min(), guesses.min()), max(trues.max(), guesses.max())]
    with _panels(path, title) as (fit, rest):
        fit.plot(ends, ends, "--", color=INK, linewidth=1, label="exact")
        for (name, rows), colour, mark in zip(groups.items(), COLOURS, MARKS, strict=False):
            for panel, x, y in ((fit, trues, guesses), (rest, guesses, trues - guesses)):
                panel.scatter(x[rows], y[rows], s=22, marker=mark, color=colour, alpha=0.65, linewidths=0, label=name)
        fit.set(title="fit", xlabel=f"true {unit}", ylabel=f"predicted {unit}")
        rest.set(title="residuals: true less predicted", xlabel=f"predicted {unit}", ylabel=unit)
        fit.legend(frameon=False)
        _zero(rest)


@contextlib.contextmanager
def _panels(path: Path, title: str) -> Iterator[Sequence[Axes]]:
    # Drawn without pyplot: that would keep every figure, and look for a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    figure = Figure(figsize=INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    panels: Sequence[Axes] = figure.subplots(1, 2)
    figure.suptitle(title, fontsize=13, fontweight="bold", color=INK)
    thousands = FuncFormatter(lambda value, place: f"{value:,.0f}")
    for panel in panels:
        panel.grid(color=FAINT, linewidth=0.6)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        panel.xaxis.set_major_formatter(thousands)
        panel.yaxis.set_major_formatter(thousands)
    yield panels
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DOTS_PER_INCH)


def _zero(panel: Axes) -> None:
    panel.axhline(0, color=INK, linewidth=1, linestyle="--")
    most = max(map(abs, panel.get_ylim()))
    panel.set_ylim(-most * 1.1, most * 1.1)
