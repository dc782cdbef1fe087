"""Who is told what happens. This one says nothing; the console's shows it."""

from __future__ import annotations

from collections.abc import Mapping

from local_mode.result import Result, Transition


class Observer:
    """Every method may be overridden."""

    def transition(self, transition: Transition) -> None:
        """The job or endpoint has a new status."""

    def line(self, host: str, text: str) -> None:
        """A host printed a line."""

    def metrics(self, values: Mapping[str, float]) -> None:
        """The line just heard held these metrics."""

    def note(self, text: str) -> None:
        """Something that the user should know."""

    def progress(self, text: str) -> None:
        """What goes on while nothing else is heard."""

    def finished(self, result: Result) -> None:
        """The job is over."""
