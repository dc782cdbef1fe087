"""What the demo prepares and how it judges. The whole of it is run by tests/test_readme.py, as `make demo`."""

from __future__ import annotations

import csv
import json

import pytest

from local_mode.demo import claims
from local_mode.demo.show import Show
from local_mode.demo.stage import Stage


def test_prepare_writes_channels_and_encoder(stage: Stage) -> None:
    prepared = claims.prepare(stage)
    rows = list(csv.reader((stage.folder / "train" / "train.csv").read_text().splitlines()))
    assert len(rows) == 4000
    assert {len(row) for row in rows} == {59}
    assert sum(row[0] == "1" for row in rows) == 131
    assert [channel.name for channel in prepared.channels] == ["train", "validation"]
    assert len(prepared.lines) == len(prepared.test) == 1000
    assert set(json.loads((stage.folder / "encoder.json").read_text())) == {"medians", "values"}


@pytest.mark.parametrize("answers", [[0.1, 0.9, 0.8, 0.7, 0.2], [0.0] * 5], ids=["better", "worse"])
def test_judge_refuses_another_auc(show: Show, answers: list[float]) -> None:
    assert not claims.judge(show, [0, 1, 1, 0, 0], answers)
    assert "at most 0.01 is accepted" in show.console.export_text()


def test_judge_shows_the_matrix_beside_the_reference(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "REFERENCE_AUC", 1.0)
    assert claims.judge(show, [0, 1], [0.1, 0.9])
    said = show.console.export_text()
    assert "665" in said
    assert "no fraud, suspected" in said
