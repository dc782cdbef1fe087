from __future__ import annotations

import dataclasses

import pytest

from local_mode.demo import insurance
from local_mode.demo.regression import Quality
from local_mode.demo.show import Show
from local_mode.demo.stage import Stage


def test_figures_are_the_reference(stage: Stage) -> None:
    assert insurance.run(stage)
    said = stage.show.console.export_text()
    assert said.count("5,796.28") >= 2
    assert "a raw record (age 45, sex female" in said
    for loss in insurance.LOSSES:
        assert (stage.folder / f"{loss}.tar.gz").stat().st_size > 0
        assert (stage.folder / f"{loss}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("ordinary", "squared", "said"),
    [
        ({}, {"rmse": 5796.284 * 1.011}, "RMSE with squared loss is 5,860.04: at most 5,854.25 is accepted"),
        ({"r2": 0.7837}, {}, "linear regression differs from its reference"),
    ],
)
def test_what_misses_the_reference_is_refused(
    ordinary: dict[str, float], squared: dict[str, float], said: str, show: Show
) -> None:
    reference = insurance.REFERENCE
    found = {
        "ordinary": dataclasses.replace(reference, **ordinary),
        "squared": dataclasses.replace(reference, **squared),
        "absolute": Quality(6000.0, 3000.0, 0.7),
    }
    assert not insurance.judge(show, found)
    assert said in show.console.export_text()


def test_reference_itself_is_accepted(show: Show) -> None:
    assert insurance.judge(show, dict.fromkeys(("ordinary", "squared", "absolute"), insurance.REFERENCE))
