from __future__ import annotations

import datetime
import io
from pathlib import Path

import pytest
from rich.console import Console

from local_mode.console import Shown
from local_mode.result import Result, Transition

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


def result(folder: Path, status: str = "Completed", **fields: object) -> Result:
    values: dict[str, object] = {
        "name": "job",
        "status": status,
        "secondary_status": status,
        "failure_reason": "",
        "transitions": (),
        "metrics": {},
        "history": {},
        "seconds": 1.25,
        "folder": folder,
        "model": None,
        "output": None,
    }
    return Result(**values | fields)  # type: ignore[arg-type] # the defaults above, or as a test gives them


@pytest.mark.parametrize("terminal", [False, True])
def test_log_line_can_neither_style_nor_move_anything(terminal: bool) -> None:
    said = io.StringIO()
    with Shown(Console(file=said, force_terminal=terminal, color_system=None, highlight=False, width=80)) as shown:
        shown.transition(Transition("Training", NOON, "[red]as it is"))
        shown.line("algo-1", "[bold]m[/bold] \x1b[2J done")
        shown.metrics({"m": 1.0})
    assert "[red]as it is" in said.getvalue()
    assert "│ [bold]m[/bold] #033[2J done" in said.getvalue()
    assert "\x1b[2J" not in said.getvalue()


def test_of_progress_a_file_gets_the_first_line() -> None:
    said = io.StringIO()
    with Shown(Console(file=said)) as shown:
        for number in range(3):
            shown.progress(f"package {number}")
        shown.line("algo-1", "hello")
        shown.progress("again")
    assert said.getvalue() == "package 0\n│ hello\nagain\n"


def test_hosts_are_told_apart_where_there_are_several() -> None:
    said = io.StringIO()
    with Shown(Console(file=said), hosts=2) as shown:
        shown.line("algo-2", "hello")
    assert said.getvalue() == "algo-2 │ hello\n"


@pytest.mark.parametrize("all_lines", [False, True])
def test_runs_of_metrics_lines_stand_as_one(all_lines: bool) -> None:
    said = io.StringIO()
    with Shown(Console(file=said, highlight=False), all_lines=all_lines) as shown:
        for text in (
            "begin",
            '#metrics {"a": 1}',
            '#metrics {"b": 2}',
            "#metrics_of_mine",
            "x #metrics {}",
            "#metrics {}",
        ):
            shown.line("algo-1", text)
    log = "│ begin\n{}│ #metrics_of_mine\n│ x #metrics {{}}\n{}"
    if all_lines:
        assert said.getvalue() == log.format('│ #metrics {"a": 1}\n│ #metrics {"b": 2}\n', "│ #metrics {}\n")
    else:
        says = "… {} (--all-lines shows them)\n".format
        assert said.getvalue() == log.format(says("2 #metrics lines"), says("1 #metrics line"))


def test_end_shows_metrics_and_whole_paths(tmp_path: Path) -> None:
    model = tmp_path / ("deep" * 30) / "model.tar.gz"
    model.parent.mkdir()
    model.write_bytes(bytes(1_500_000))
    said = io.StringIO()
    Shown(Console(file=said, width=60)).finished(
        result(tmp_path, model=model, history={"train:rmse": [4.0, 2.0, 1.0]}, metrics={"train:rmse": 1.0})
    )
    lines = said.getvalue().splitlines()
    assert lines[1].split() == ["train:rmse", "3", "4", "1", "█▃▁"]
    assert f"model   {model} (1.5 MB)" in lines
    assert "status  Completed after 1.2 s of training" in lines
