"""Inference pipelines: the answer of one endpoint, with its Content-Type, is the body of the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from werkzeug.test import Client

from serving import service
from serving.answers import WRITERS
from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings

BODY = b"1,2,3,4\n5,6,7,8\n"


@pytest.fixture(params=[1, 3])
def chain(request: pytest.FixtureRequest, serve: Any, tmp_path: Path) -> tuple[Client, Client]:
    """A model with so many values a row, and one that takes as many."""
    width: int = request.param
    (tmp_path / "next").mkdir()
    features = np.random.default_rng(0).random((50, width)).astype(np.float32)
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(features, features[:, 0]), 2)
    (tmp_path / "next" / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    following = service.load("xgboost", tmp_path / "next", Settings())
    kind = {1: "binary:logistic", 3: "multi:softprob"}[width]
    return serve(kind), Client(Application(Endpoint(Settings(), following)))


def test_csv_goes_from_one_to_the_next(chain: tuple[Client, Client]) -> None:
    first, following = chain
    answer = first.post("/invocations", data=BODY, content_type="text/csv; charset=utf-8")
    assert answer.content_type == "text/csv"
    passed_on = following.post("/invocations", data=answer.data, content_type=answer.content_type)
    assert passed_on.status_code == 200
    assert passed_on.data.count(b"\n") == 2


@pytest.mark.parametrize("accept", sorted(set(WRITERS) - {"text/csv"}))
def test_answers_of_other_types_hold_predictions_and_are_refused_with_what_is_expected(
    accept: str, chain: tuple[Client, Client]
) -> None:
    """Requests hold instances or features: so SageMaker's common data formats have it."""
    first, following = chain
    answer = first.post("/invocations", data=BODY, content_type="text/csv", headers={"Accept": accept})
    refused = following.post("/invocations", data=answer.data, content_type=answer.content_type)
    assert refused.status_code == 400
    assert "expected" in refused.json["error"]["message"]


def test_container_in_the_middle_answers_what_its_environment_says(serve: Any) -> None:
    answer = serve("binary:logistic", accept="application/jsonlines").post(
        "/invocations", data=BODY, content_type="text/csv", headers={"Accept": "*/*"}
    )
    assert answer.content_type == "application/jsonlines"
