from __future__ import annotations

import io

import pytest
from rich.console import Console

from local_mode.demo.show import Rounds, Show
from local_mode.observer import Observer


def test_rounds_are_shown_as_they_come(show: Show) -> None:
    rounds: Observer = Rounds(show, bar=lambda values: 10 * max(values.values()))
    rounds.metrics({"train:auc": 0.8, "validation:auc": 0.75})
    rounds.note("the process engine has no private network")
    rounds.note("the process engine has no private network")
    said = show.console.export_text()
    assert "round 0" in said
    assert "validation:auc 0.7500   ━━━━━━━━\n" in said
    assert said.count("private network") == 1


def test_only_wanted_metrics_are_rounds(show: Show) -> None:
    rounds = Rounds(show, wanted=("train:loss",))
    for values in ({"train:throughput": 7.0}, {"train:loss": 0.5}, {"train:loss": 0.25, "train:throughput": 7.0}):
        rounds.metrics(values)
    said = show.console.export_text()
    assert "throughput" not in said
    assert "round 1   train:loss 0.2500\n" in said


@pytest.mark.parametrize("terminal", [False, True])
def test_set_up_is_one_line(terminal: bool) -> None:
    said = io.StringIO()
    show = Show(Console(file=said, force_terminal=terminal, width=100))
    rounds = Rounds(show)
    with show.step("Training job", "of a test"):
        for number in range(3):
            rounds.progress(f"package {number}")
        show.say("then")
        rounds.progress("again")
    lines = said.getvalue().splitlines()
    assert terminal or [line.strip() for line in lines[2:5]] == ["package 0", "then", "again"]
    assert show.waiting is None


def test_table_takes_markup(show: Show) -> None:
    show.table(("", "this run"), [("AUC", "[bold]0.9[/]")])
    assert "AUC   0.9" in show.console.export_text()
