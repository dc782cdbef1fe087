from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost

from serving.xgboost import selection

KEYS = ",".join(selection.KEYS)
PROBABILITY = {"predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores"}
LABEL = PROBABILITY - {"probability", "probabilities"}
APPLY = {
    "binary:logistic": PROBABILITY,
    "multi:softprob": PROBABILITY,
    "binary:logitraw": LABEL,
    "binary:hinge": LABEL,
    "multi:softmax": LABEL,
}


def ask(client: Any, rows: Any, accept: str) -> Any:
    return client.post("/invocations", json={"instances": rows.tolist()}, headers={"Accept": accept})


def finite(rows: Any) -> Any:
    return np.nan_to_num(rows)


def test_keys_that_apply_have_values_and_the_others_are_null(serve: Any, kind: str, rows: Any) -> None:
    client = serve(kind, outputs=selection.KEYS)
    one = ask(client, finite(rows), "application/json").json["predictions"][0]
    objective = {"gblinear": "", "base_score": "", "dart": "binary:logistic", "forest": "binary:logistic"}.get(
        kind, kind
    )
    assert {key for key, value in one.items() if value is not None} == APPLY.get(objective, {"predicted_score"})
    assert tuple(one) == selection.KEYS


def test_values_agree_with_the_library(serve: Any, trained: Callable[[str], xgboost.Booster], rows: Any) -> None:
    rows = finite(rows)
    expected = trained("multi:softprob").predict(xgboost.DMatrix(rows))
    answers = ask(serve("multi:softprob", outputs=selection.KEYS), rows, "application/json").json["predictions"]
    for answer, scores in zip(answers, expected, strict=True):
        assert answer["predicted_label"] == int(scores.argmax())
        assert answer["labels"] == [0, 1, 2]
        assert np.float32(answer["probability"]) == np.float32(answer["raw_score"]) == scores.max()
        assert np.array_equal(np.float32(answer["probabilities"]), scores)
        assert np.array_equal(np.float32(answer["raw_scores"]), scores)


@pytest.mark.parametrize(
    ("objective", "score", "label"),
    [
        ("binary:logistic", 0.5, 0),
        ("binary:logistic", 0.500001, 1),
        ("binary:logitraw", 0.0, 0),
        ("binary:logitraw", 0.1, 1),
        ("binary:hinge", 1.0, 1),
        ("multi:softmax", 2.0, 2),
    ],
)
def test_label_of_a_score(objective: str, score: float, label: int) -> None:
    column = selection.select("predicted_label", np.array([score], np.float32), objective, 3)
    assert column is not None
    assert column.tolist() == [label]


def test_probabilities_of_two_classes_sum_to_one() -> None:
    column = selection.select("probabilities", np.array([0.25], np.float32), "binary:logistic", 2)
    assert column is not None
    assert column.tolist() == [[0.75, 0.25]]


def test_csv_quotes_lists_and_leaves_inapplicable_cells_empty(serve: Any, trained: Any, rows: Any) -> None:
    rows = finite(rows)[:1]
    score = trained("binary:logistic").predict(xgboost.DMatrix(rows))[0]
    client = serve("binary:logistic", outputs=("predicted_label", "probabilities", "predicted_score", "labels"))
    assert ask(client, rows, "text/csv").text == f'{int(score > 0.5)},"[{1 - score!s}, {score!s}]",,"[0, 1]"\n'


def test_jsonlines_has_one_object_a_row(serve: Any, rows: Any) -> None:
    client = serve("binary:hinge", outputs=("predicted_label", "probability"))
    lines = ask(client, finite(rows), "application/jsonlines").text.splitlines()
    assert len(lines) == len(rows)
    assert all(json.loads(line)["probability"] is None for line in lines)


@pytest.mark.parametrize(
    ("objective", "score", "scores"),
    [
        ("binary:hinge", 1.0, [0.0, 1.0]),
        ("binary:logitraw", -2.5, [3.5, -2.5]),
        ("binary:logistic", 0.25, [0.75, 0.25]),
        ("multi:softmax", 2.0, [2.0]),
    ],
)
def test_raw_scores_are_those_of_sagemakers_own_image(objective: str, score: float, scores: list[float]) -> None:
    column = selection.select("raw_scores", np.array([score], np.float32), objective, 3)
    assert column is not None
    assert column.tolist() == [scores]
