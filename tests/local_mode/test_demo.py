"""What the demo prepares and how it judges. The whole of it is run by tests/test_readme.py, as `make demo`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from local_mode import demo
from local_mode.observer import Observer


@pytest.fixture
def show() -> demo.Show:
    return demo.Show(Console(record=True, width=100, quiet=False))


def test_prepare_writes_channels_and_encoder(tmp_path: Path, show: demo.Show) -> None:
    prepared = demo.prepare(show, tmp_path / "demo")
    rows = list(csv.reader((prepared.folder / "train" / "train.csv").read_text().splitlines()))
    assert len(rows) == 4000
    assert {len(row) for row in rows} == {59}
    assert sum(row[0] == "1" for row in rows) == 131
    assert [channel.name for channel in prepared.channels()] == ["train", "validation"]
    assert len(prepared.lines) == len(prepared.test) == 1000
    assert set(json.loads((prepared.folder / "encoder.json").read_text())) == {"medians", "values"}


def test_prepare_starts_afresh(tmp_path: Path, show: demo.Show) -> None:
    stale = tmp_path / "demo" / "train" / "stale.csv"
    stale.parent.mkdir(parents=True)
    stale.write_text("1,2\n")
    demo.prepare(show, tmp_path / "demo")
    assert not stale.exists()


@pytest.mark.parametrize("answers", [[0.1, 0.9, 0.8, 0.7, 0.2], [0.0] * 5], ids=["better", "worse"])
def test_judge_refuses_another_auc(show: demo.Show, answers: list[float]) -> None:
    assert not demo.judge(show, [0, 1, 1, 0, 0], answers)
    assert "at most 0.01 is accepted" in show.console.export_text()


def test_judge_shows_the_matrix_beside_the_reference(show: demo.Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "REFERENCE_AUC", 1.0)
    assert demo.judge(show, [0, 1], [0.1, 0.9])
    said = show.console.export_text()
    assert "665" in said
    assert "no fraud, suspected" in said


def test_rounds_are_shown_as_they_come(show: demo.Show) -> None:
    rounds: Observer = demo.Rounds(show)
    rounds.metrics({"train:auc": 0.8, "validation:auc": 0.75})
    rounds.note("the process engine has no private network")
    rounds.note("the process engine has no private network")
    said = show.console.export_text()
    assert "round 0" in said
    assert "validation:auc 0.7500" in said
    assert said.count("private network") == 1


@pytest.mark.parametrize("terminal", [False, True])
def test_set_up_is_one_line(terminal: bool) -> None:
    said = io.StringIO()
    show = demo.Show(Console(file=said, force_terminal=terminal, width=100))
    rounds = demo.Rounds(show)
    with show.step("Training job", "of a test"):
        for number in range(3):
            rounds.progress(f"package {number}")
        show.say("then")
        rounds.progress("again")
    lines = said.getvalue().splitlines()
    assert terminal or [line.strip() for line in lines[2:5]] == ["package 0", "then", "again"]
    assert show.waiting is None


def test_an_unusable_engine_is_a_user_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE", "podman")
    assert demo.main([]) == 1
