"""A model that a container trained, served in a container in every format, predicts bit for bit as the library does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xgboost
from docker.models.containers import Container

from tests.corpus.interface import Interface
from tests.images import encodings, samples
from tests.images.endpoints import invoke, published

pytestmark = pytest.mark.engine
CLASSES = 3
ROWS = np.random.default_rng(7).random((500, 3), np.float32)
"""More than are computed at once, so that both ways of a worker are taken."""


@pytest.fixture(params=["reg:squarederror", "multi:softprob"])
def objective(request: pytest.FixtureRequest, ml: Path) -> str:
    """Given to the job before it trains: one value a row, or one for each class."""
    objective = str(request.param)
    samples.give(ml, objective=objective, num_round="20", subsample="0.8")
    if objective.startswith("multi:"):
        samples.give(ml, num_class=str(CLASSES))
        rows = ml / samples.ROWS
        lines = [line.split(",") for line in rows.read_text().splitlines()]
        rows.write_text("".join(f"{int(float(label))},{','.join(row)}\n" for label, *row in lines))
    return objective


@pytest.fixture
def model(objective: str, ml: Path, reference: str, run: Callable[..., object]) -> Path:
    """In place of the sample's."""
    run(reference, "train", volumes=[f"{ml}:/opt/ml"])
    return ml / "model"


def test_every_format_gives_the_librarys_predictions(
    objective: str, model: Path, serve_published: Callable[..., Container]
) -> None:
    booster = xgboost.Booster(model_file=bytearray((model / "xgboost-model").read_bytes()))
    expected = booster.predict(xgboost.DMatrix(ROWS)).reshape(len(ROWS), -1)
    assert expected.shape[1] == (CLASSES if objective.startswith("multi:") else 1)
    container = serve_published()
    interface = Interface.of_endpoint(published(container)[1])
    assert set(interface.formats) == set(encodings.SENT)
    assert set(interface.answers) == set(encodings.READ)
    wrong = []
    for content_type in interface.formats:
        for accept in interface.answers:
            for rows in (ROWS, ROWS[:1]):
                body = encodings.SENT[content_type](rows)
                status, content = invoke(container, body, Content_Type=content_type, Accept=accept)
                assert status == 200, (content_type, accept, content)
                scores = encodings.numbers(accept, content, ("score",))
                if scores.tobytes() != expected[: len(rows)].tobytes():
                    wrong.append((content_type, accept, len(rows)))
    assert wrong == []
