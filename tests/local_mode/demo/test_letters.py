from __future__ import annotations

import dataclasses

import pytest

from local_mode import scores
from local_mode.demo import letters
from local_mode.demo.letters import Told
from local_mode.demo.show import Show
from local_mode.demo.stage import Stage
from local_mode.samples.letters import records

QUICK = letters.CLASSIFIER | {"num_round": "3", "max_depth": "3"}


def test_pipeline_answers_as_its_steps_do_one_by_one(stage: Stage) -> None:
    """On the first 1,000 letters, and with few rounds, which suffice to tell most of them."""
    told = letters.learn(stage, *records.read(rows=1000), QUICK)
    assert told.pipeline == told.components
    assert len(told.true) == 200
    assert scores.accuracy(told.true, told.components) > 0.3
    assert scores.accuracy(told.true, told.raw) > 0.4
    assert "is taken for" in stage.show.console.export_text()


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(letters, "REFERENCE", {"raw": 0.75, "components": 0.5})
    return Told(true=[0, 1, 2, 3], raw=[0, 1, 2, 0], components=[0, 1, 0, 0], pipeline=[0, 1, 0, 0])


def test_reference_is_accepted(good: Told, show: Show) -> None:
    assert letters.judge(show, good)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pipeline": [0, 1, 1, 1]}, "The pipeline answers otherwise"),
        ({"raw": [0, 1, 2, 3]}, "An accuracy is off by more than 0.01"),
    ],
)
def test_what_misses_the_reference_is_refused(changes: dict[str, list[int]], said: str, good: Told, show: Show) -> None:
    assert not letters.judge(show, dataclasses.replace(good, **changes))
    assert said in show.console.export_text()
