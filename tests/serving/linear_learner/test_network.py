"""Models as SageMaker's own Linear Learner leaves them."""

from __future__ import annotations

import logging
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import ndarrays
from contract.errors import UserError
from contract.manifest import Schema
from serving import model
from serving.linear_learner import network
from serving.linear_learner.task import Task
from serving.settings import Settings
from tests.serving import built_ins
from tests.serving.built_ins import BINARY, MULTICLASS, REGRESSOR, archive, floats, linear_arrays, symbol

ONE, THREE = linear_arrays(REGRESSOR), linear_arrays(MULTICLASS)
GOOD = built_ins.network("LinearRegressionOutput", ONE)


def task(content: bytes) -> tuple[str, str, float | None]:
    """The threshold is None where there is none."""
    found = network.read(content)[2]
    return found.predictor_type, found.loss, None if np.isnan(found.threshold) else found.threshold


@pytest.mark.parametrize(
    ("operation", "attributes", "predictor_type"),
    [
        ("LinearRegressionOutput", {}, "regressor"),
        ("MakeLoss", {}, "regressor"),
        ("Activation", {"act_type": "relu"}, "regressor"),
        ("LogisticRegressionOutput", {}, "binary_classifier"),
        ("sigmoid", {}, "binary_classifier"),
        ("Activation", {"act_type": "sigmoid"}, "binary_classifier"),
        ("SoftmaxOutput", {}, "multiclass_classifier"),
        ("softmax", {}, "multiclass_classifier"),
    ],
)
@pytest.mark.parametrize("key", ["attrs", "attr", "param"])
def test_the_last_operation_tells_the_task(
    operation: str, attributes: dict[str, str], predictor_type: str, key: str
) -> None:
    members = {"mx-mod-symbol.json": symbol(operation, **attributes).replace(b'"attrs"', f'"{key}"'.encode())}
    members["mx-mod-0000.params"] = ndarrays.write({"arg:fc0_weight": ONE["weights"], "arg:fc0_bias": ONE["bias"]})
    assert task(archive(members))[0] == predictor_type


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"threshold": 0.3}, ("binary_classifier", "logistic", 0.3)),
        ({"binary": {"threshold": 1}}, ("binary_classifier", "logistic", 1.0)),
        ({"loss": "hinge_loss", "score_threshold": -2.5}, ("binary_classifier", "hinge_loss", -2.5)),
        ({"predictor_type": "regressor"}, ("regressor", "squared_loss", None)),
        ({"predictor_type": "regressor", "loss": "huber_loss"}, ("regressor", "huber_loss", None)),
        ({"predictor_type": ["regressor"], "loss": {}, "threshold": "high"}, ("binary_classifier", "logistic", 0.5)),
        ({"threshold": True, "loss": "hinge_loss"}, ("binary_classifier", "hinge_loss", 0.0)),
        ({}, ("binary_classifier", "logistic", 0.5)),
    ],
)
def test_what_the_additional_parameters_say_is_followed(more: Any, expected: Any) -> None:
    assert task(built_ins.network("LogisticRegressionOutput", ONE, **more)) == expected


def test_a_threshold_that_nobody_tells_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        network.read(built_ins.network("LogisticRegressionOutput", ONE))
    assert "additional-params.json tells no threshold: scores from 0.5 on are labelled 1" in caplog.text


@pytest.mark.parametrize(
    ("operation", "details"),
    [("LinearRegressionOutput", REGRESSOR), ("LogisticRegressionOutput", BINARY), ("SoftmaxOutput", MULTICLASS)],
)
def test_answers_are_those_of_the_same_model_in_our_form(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, operation: str, details: Any
) -> None:
    arrays, threshold = linear_arrays(details), details.get("threshold")
    content = built_ins.network(operation, arrays, **({"threshold": threshold} if threshold else {}))
    with caplog.at_level(logging.WARNING):
        theirs = built_ins.client("linear_learner", built_ins.bare(tmp_path / "theirs", content))
    assert "no model.json beside the model: its origin and content are not verified" in caplog.text
    ours = built_ins.client("linear_learner", built_ins.linear_learner(tmp_path / "ours", details))
    asked = {"data": b"1,2,3,4\n0,0,-7,1\n", "content_type": "text/csv"}
    assert theirs.post("/invocations", **asked).data == ours.post("/invocations", **asked).data


def test_schema(tmp_path: Path) -> None:
    loaded = model.load(
        "linear_learner", built_ins.bare(tmp_path, built_ins.network("SoftmaxOutput", THREE)), Settings()
    )
    assert loaded.schema == Schema(4, missing_allowed=False, classes=(0, 1, 2))


def test_a_model_without_bias_and_of_other_types(tmp_path: Path) -> None:
    weights = np.array([[1, -2, 3, 0]])
    found, bias, told = network.read(built_ins.network("LinearRegressionOutput", {"weights": weights}))
    assert (found.dtype, found.tolist(), bias.tolist()) == (np.float32, [[1, -2, 3, 0]], [0])
    assert told == Task("regressor", "squared_loss", told.threshold)


def with_members(**changed: bytes | None) -> bytes:
    """The good archive with other members; names without their endings, None: without that member."""
    names = {"symbol": "mx-mod-symbol.json", "params": "mx-mod-0000.params", "more": "additional-params.json"}
    parameters = ndarrays.write({"arg:fc0_weight": ONE["weights"], "arg:fc0_bias": ONE["bias"]})
    members = {"symbol": symbol("LinearRegressionOutput"), "params": parameters, "more": b"{}"} | changed
    return archive({names[name]: content for name, content in members.items() if content is not None})


def params(**arrays: Any) -> bytes:
    return ndarrays.write({f"arg:{name}": array for name, array in arrays.items()})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (with_members(symbol=None), "'model_algo-1' holds no mx-mod-symbol.json"),
        (with_members(params=None), "'model_algo-1' holds no mx-mod-0000.params"),
        (with_members(symbol=b"{"), "mx-mod-symbol.json is not JSON"),
        (with_members(symbol=b"[1]"), "mx-mod-symbol.json has no list of nodes"),
        (with_members(symbol=b'{"nodes": [1]}'), "mx-mod-symbol.json has no list of nodes"),
        (with_members(symbol=b"[" * 100_000), "mx-mod-symbol.json is not JSON"),
        (with_members(symbol=b" " * (2 << 20)), "mx-mod-symbol.json unpacks to more than 1048576 bytes"),
        (with_members(more=b"nan"), "additional-params.json is not JSON"),
        (with_members(params=b"PK\3\4 no arrays at all"), "the file begins with"),
        (with_members(params=params(fc0_bias=ONE["bias"])), "holds the arrays .* expected fc0_weight, fc0_bias"),
        (with_members(params=params(fc0_weight=ONE["weights"], fc1_weight=ONE["weights"])), "holds the arrays"),
        (with_members(params=params(fc0_weight=ONE["bias"])), r"'fc0_weight' has the shape \(1,\); expected 2 axes"),
        (with_members(params=params(fc0_weight=np.array([[1e300]]))), "'fc0_weight' holds numbers that are not finite"),
        (with_members(params=params(fc0_weight=floats(1, 1, 4), fc0_bias=floats(1, 3))), "the bias has the shape"),
        (built_ins.network("SoftmaxOutput", ONE), "the model has 1 outputs; expected of a multiclass_classifier"),
        (built_ins.network("sigmoid", THREE), "the model has 3 outputs; expected of a binary_classifier: 1"),
        (built_ins.network("sigmoid", ONE, threshold=10**400), "is not JSON"),
        (b"", "is empty"),
        (b"PK", r"begins with b'PK'; expected a zip archive, as SageMaker's own image writes it"),
        (ndarrays.write(built_ins.pca_arrays()), "expected a zip archive"),
        (b"PK\3\4" + bytes(100), "is no sound zip archive"),
    ],
)
def test_what_is_no_such_model_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        model.load("linear_learner", built_ins.bare(tmp_path, content), Settings())
    assert caught.value.code == "bad_model"
    assert "\n" not in str(caught.value)


def _boasting(content: bytes) -> bytes:
    """Says of the first member that it holds 4 GB."""
    place = content.index(b"PK\1\2") + 24
    return content[:place] + struct.pack("<I", 0xFFFFFFF0) + content[place + 4 :]


def _method(content: bytes, method: int) -> bytes:
    place = content.index(b"PK\1\2") + 10
    return content[:place] + struct.pack("<H", method) + content[place + 2 :]


def _encrypted(content: bytes) -> bytes:
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = content.index(start) + flags
        content = content[:place] + b"\1" + content[place + 1 :]
    return content


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:50] + b"\0" + content[51:],
        _boasting,
        _encrypted,
        lambda content: _method(content, zipfile.ZIP_BZIP2),
        lambda content: _method(content, 99),
    ],
)
def test_damaged_archive_is_one_line(damage: Callable[[bytes], bytes]) -> None:
    said = re.compile("'model_algo-1'.*(is no sound zip archive|packed by a method|not 4294967280)")
    with pytest.raises(UserError, match=said) as caught:
        network.read(damage(GOOD))
    assert caught.value.code == "bad_model"


def test_a_member_twice_is_refused() -> None:
    doubled = built_ins.archive({"mx-mod-symbol.json": b"{}", "mx-mod-symbol.jsoX": b"{}"})
    with pytest.raises(UserError, match=r"holds mx-mod-symbol\.json twice"):
        network.read(doubled.replace(b"mx-mod-symbol.jsoX", b"mx-mod-symbol.json"))


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
@settings(deadline=None, max_examples=300)
def test_any_damage_is_refused_or_read(place: int, bytes_: bytes) -> None:
    try:
        weights, bias, told = network.read(GOOD[:place] + bytes_ + GOOD[place + len(bytes_) :])
    except UserError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert (weights.tolist(), bias.tolist()) == (ONE["weights"].tolist(), ONE["bias"].tolist())
    assert told.predictor_type in ("regressor", "binary_classifier", "multiclass_classifier")
