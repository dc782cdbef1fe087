from __future__ import annotations

import numpy as np

from local_mode.demo import salary
from local_mode.demo.stage import Stage
from local_mode.samples.salary import records


def test_line_is_nearly_that_of_least_squares(stage: Stage) -> None:
    assert salary.run(stage)
    said = stage.show.console.export_text()
    assert "least squares on all rows: salary = 8,731.94 x years + 28,859.53" in said
    assert 'five years of experience: {"predictions": [{"score": ' in said
    assert f"make serve/linear-learner MODEL={stage.folder}/model.tar.gz" in "".join(said.splitlines())
    assert (stage.folder / "model.tar.gz").stat().st_size > 0
    assert (stage.folder / "salary.png").read_bytes().startswith(b"\x89PNG")


def test_line_that_explains_less_is_refused(stage: Stage) -> None:
    years, salaries = records.make()
    flat = np.full_like(salaries, salaries.mean())
    assert not salary.judge(stage, years, salaries, (0.0, float(salaries.mean())), flat)
    assert "R2 is 0.0000: at least 0.9552 is accepted" in stage.show.console.export_text()
