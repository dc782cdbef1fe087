from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract import ndarrays
from contract.errors import UserError
from contract.manifest import Schema
from serving import model
from serving.pca import MANNERS
from serving.settings import Settings
from tests.serving import built_ins
from tests.serving.built_ins import CENTRED, floats

SCHEMA = Schema(4, missing_allowed=False)
GOOD = built_ins.pca_arrays()
NOT_CENTRED = {"algorithm_mode": "regular", "subtract_mean": False}


def load(directory: Path) -> Any:
    return model.load("pca", directory, Settings())


def without(name: str) -> dict[str, Any]:
    return {other: array for other, array in GOOD.items() if other != name}


def test_schema_and_manners(tmp_path: Path) -> None:
    loaded = load(built_ins.pca(tmp_path))
    assert (loaded.schema, loaded.manners, loaded.exclusive) == (SCHEMA, MANNERS, False)
    assert MANNERS.style.key == "projections"


def test_without_a_mean_nothing_is_subtracted(tmp_path: Path) -> None:
    ours = built_ins.write(tmp_path / "ours", "pca", without("mean"), SCHEMA, NOT_CENTRED)
    theirs = built_ins.bare(tmp_path / "theirs", ndarrays.write(without("mean")))
    zeros = {"data": b"0,0,0,0\n", "content_type": "text/csv"}
    for directory in (ours, theirs):
        answer = built_ins.client("pca", directory).post("/invocations", **zeros)
        assert answer.data == b'{"projections": [{"projection": [0.0, 0.0]}]}'


def test_answers_are_those_of_the_same_model_in_our_form(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = {"data": b"1,2,3,4\n0,0,-7,1\n", "content_type": "text/csv"}
    with caplog.at_level(logging.WARNING):
        ours = built_ins.client("pca", built_ins.pca(tmp_path / "ours"))
        assert caplog.text == ""
        theirs = built_ins.client("pca", built_ins.bare(tmp_path / "theirs", ndarrays.write(GOOD)))
    assert "no model.json beside the model: its origin and content are not verified" in caplog.text
    assert theirs.post("/invocations", **asked).data == ours.post("/invocations", **asked).data


BAD = [
    (without("s"), r"holds the arrays \['mean', 'v'\]; expected s, v, mean"),
    (without("v"), "holds the arrays"),
    ({**GOOD, "u": floats(1, 1)}, "holds the arrays"),
    ({**GOOD, "s": floats(1, 3)}, r"'s' has the shape \(3,\); expected \(2,\)"),
    ({**GOOD, "s": floats(1, 1, 2)}, r"'s' has the shape \(1, 2\); expected 1 axes"),
    ({**GOOD, "v": floats(1, 4)}, r"'v' has the shape \(4,\); expected 2 axes"),
    ({**GOOD, "mean": floats(1, 4)}, r"'mean' has the shape \(4,\); expected 2 axes"),
    ({**GOOD, "mean": floats(1, 1, 5)}, r"'mean' has the shape \(1, 5\); expected \(1, 4\)"),
    ({**GOOD, "v": np.full((4, 2), np.nan, np.float32)}, "'v' holds numbers that are not finite"),
]


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize(("arrays", "says"), BAD)
def test_arrays_that_are_none_of_a_pca_are_refused(tmp_path: Path, arrays: Any, says: str, ours: bool) -> None:
    if ours:
        directory = built_ins.write(tmp_path, "pca", arrays, SCHEMA, CENTRED)
    else:
        directory = built_ins.bare(tmp_path, ndarrays.write(arrays))
    with pytest.raises(UserError, match=says) as caught:
        load(directory)
    assert (caught.value.code, caught.value.where) == ("bad_model", "model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "details", "says"),
    [
        (GOOD, NOT_CENTRED, "has subtract_mean False, and 'model.safetensors' holds a mean"),
        (without("mean"), CENTRED, "has subtract_mean True, and 'model.safetensors' holds no mean"),
        (GOOD, {**CENTRED, "subtract_mean": "true"}, "has subtract_mean 'true'"),
        (GOOD, {}, "has subtract_mean None"),
        (built_ins.pca_arrays(5), CENTRED, "the arrays take 5 features; model.json says 4"),
    ],
)
def test_arrays_and_model_json_must_agree(tmp_path: Path, arrays: Any, details: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load(built_ins.write(tmp_path, "pca", arrays, SCHEMA, details))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x12\1", "expected an MXNet NDArray file, as SageMaker's own image writes it"),
        (built_ins.network("softmax", GOOD), r"begins with b'PK.*; expected an MXNet NDArray file"),
        (ndarrays.write(GOOD)[:-1], "is cut short"),
        (ndarrays.write(GOOD) + b"x", "1 bytes more"),
    ],
)
def test_what_is_no_such_file_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        load(built_ins.bare(tmp_path, content))
    assert caught.value.code == "bad_model"
