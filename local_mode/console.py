"""Shows a job or an endpoint in a terminal, or as plain lines in a file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from local_mode.log_lines import as_in_terminal
from local_mode.observer import Observer
from local_mode.result import Result, Transition

COLOURS = {"Completed": "green", "InService": "green", "Failed": "red", "Stopped": "yellow", "Stopping": "yellow"}
BARS = "▁▂▃▄▅▆▇█"
BARS_SHOWN = 32
METRICS_ON_LINE = 3
FOLDED = "#metrics "
"""How the lines of numbers for machines begin, of which the built-in algorithms print dozens an epoch."""


class Shown(Observer):
    """An observer whose context owns the progress line below everything else.

    Runs of #metrics lines stand as one line that counts them, unless it is to show `all_lines`.
    """

    def __init__(self, console: Console | None = None, hosts: int = 1, *, all_lines: bool = False) -> None:
        self._console = console or Console(highlight=False)
        self._hosts = hosts
        self._all_lines = all_lines
        self._folded = 0
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task = self._progress.add_task("", total=None)
        self._status = ""
        self._waiting = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._unfold()
        self._progress.stop()

    def transition(self, transition: Transition) -> None:
        self._status = transition.status
        self._describe("")
        local = transition.started.astimezone()
        text = Text(f"{local:%H:%M:%S} ", style="dim")
        text.append(f"{transition.status:<12} ", style=f"bold {COLOURS.get(transition.status, 'cyan')}")
        self._print(text.append(as_in_terminal(transition.message), style="not dim"))

    def line(self, host: str, text: str) -> None:
        if text.startswith(FOLDED) and not self._all_lines:
            self._folded += 1
            return
        shown = Text(f"{host} │ " if self._hosts > 1 else "│ ", style="dim")
        self._print(shown.append(as_in_terminal(text), style="not dim"))

    def metrics(self, values: Mapping[str, float]) -> None:
        self._describe("  ".join(f"{name} {value:.6g}" for name, value in list(values.items())[:METRICS_ON_LINE]))

    def note(self, text: str) -> None:
        self._print(Text(f"note: {as_in_terminal(text)}", style="yellow"))

    def progress(self, text: str) -> None:
        """Rewrites one line on a terminal; elsewhere the first of several on end stands for all."""
        if not self._console.is_terminal and not self._waiting:
            self._print(Text(as_in_terminal(text), style="dim"))
        self._waiting = True
        self._describe(text)

    def finished(self, result: Result) -> None:
        self._unfold()
        self._progress.stop()
        if result.history:
            self._print(_table(result.history))
        facts = [("job", result.name), ("status", f"{result.status} after {_time(result.seconds)} of training")]
        facts += [(word, _file(path)) for word, path in _files(result) if path is not None]
        for word, fact in facts:
            self._print(Text(f"{word:<8}", style="dim").append(fact, style=_colour(result, word)))

    def _describe(self, text: str) -> None:
        self._progress.update(self._task, description=as_in_terminal(f"{self._status} {text}".strip()))

    def _unfold(self) -> None:
        """One line for those that were passed over since the last one that was shown."""
        if count := self._folded:
            self._folded = 0
            lines = f"{count} {FOLDED}line{'s' * (count != 1)}"
            self._print(Text(f"… {lines} (--all-lines shows them)", style="dim"))

    def _print(self, shown: Text | Table) -> None:
        self._unfold()
        self._waiting = False
        self._console.print(shown, soft_wrap=isinstance(shown, Text))


def _colour(result: Result, word: str) -> str:
    return f"not dim {COLOURS.get(result.status, '') if word == 'status' else ''}"


def _files(result: Result) -> list[tuple[str, Path | None]]:
    return [("model", result.model), ("output", result.output), ("report", result.report)]


def _table(history: Mapping[str, list[float]]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("metric")
    for heading in ("values", "first", "last"):
        table.add_column(heading, justify="right")
    table.add_column("course")
    for name, values in history.items():
        table.add_row(name, str(len(values)), f"{values[0]:.6g}", f"{values[-1]:.6g}", _sparkline(values))
    return table


def _sparkline(values: list[float]) -> str:
    step = max(1, -(-len(values) // BARS_SHOWN))
    shown = values[::step]
    low, high = min(shown), max(shown)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in shown)


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else str(datetime.timedelta(seconds=round(seconds)))


def _file(path: Path) -> str:
    size = path.stat().st_size
    shown = f"{size} B" if size < 1000 else f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
    return f"{path} ({shown})"
