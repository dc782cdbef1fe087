"""What the user of a demo sees."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.status import Status
from rich.table import Table

from local_mode.observer import Observer


@dataclass
class Show:
    """A headline and the time for each step, its lines indented below."""

    console: Console
    steps: int = 0
    waiting: Status | None = None

    @contextlib.contextmanager
    def step(self, title: str, about: str) -> Iterator[None]:
        self.steps += 1
        self.console.print(
            f"\n[bold cyan]{self.steps}[/]  [bold]{escape(title)}[/]  [dim]{escape(about)}[/]", soft_wrap=True
        )
        started = time.monotonic()
        try:
            yield
        finally:
            self.go_on()
        self.say(f"[green]✓[/] [dim]{time.monotonic() - started:.1f} s[/]")

    def say(self, markup: str) -> None:
        self.go_on()
        self.console.print(f"   {markup}", highlight=False, soft_wrap=True)

    def fail(self, text: str) -> None:
        self.go_on()
        self.console.print(f"\n[bold red]error[/] {escape(text)}", highlight=False, soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The cells may hold markup."""
        shown = Table(*headings, box=None, header_style="dim", padding=(0, 3, 0, 0))
        for row in rows:
            shown.add_row(*row)
        self.go_on()
        self.console.print(Padding(shown, (0, 0, 0, 3)))

    def wait(self, markup: str) -> None:
        """Rewrites one line on a terminal; elsewhere the first of several on end stands for all."""
        if self.waiting is None:
            if not self.console.is_terminal:
                self.say(markup)
            self.waiting = self.console.status(markup)
            self.waiting.start()
        self.waiting.update(markup)

    def go_on(self) -> None:
        """What was waited for is there."""
        if self.waiting is not None:
            self.waiting.stop()
            self.waiting = None


@dataclass
class Rounds(Observer):
    """Shows a training job's rounds as their metrics are found in its log: those that are `wanted`; None wants all.

    `bar` says how many characters long the bar behind them is.
    """

    show: Show
    wanted: Collection[str] | None = None
    bar: Callable[[Mapping[str, float]], float] = lambda values: 0.0
    seen: int = 0
    notes: set[str] = field(default_factory=set)

    def metrics(self, values: Mapping[str, float]) -> None:
        chosen = {name: value for name, value in values.items() if self.wanted is None or name in self.wanted}
        if chosen:
            found = "   ".join(f"{name} [bold]{value:.4f}[/]" for name, value in sorted(chosen.items()))
            bar = "━" * round(max(0.0, self.bar(chosen)))
            self.show.say(f"[dim]round {self.seen}[/]   {found}" + (f"   [cyan]{bar}[/]" if bar else ""))
            self.seen += 1

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.add(text)
            self.show.say(f"[yellow]note[/] {escape(text)}")

    def progress(self, text: str) -> None:
        self.show.wait(f"[dim]{escape(text)}[/]")


def verdict(good: bool, text: str) -> str:
    """`text` as markup: green where it is within its reference."""
    return f"[bold {'green' if good else 'red'}]{escape(text)}[/]"
