from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from contract.dataset import Dataset
from contract.errors import UserError
from contract.manifest import Schema
from serving import model
from serving.linear_learner import MANNERS
from serving.settings import Settings
from tests.serving import built_ins
from tests.serving.built_ins import BINARY, MULTICLASS, REGRESSOR, floats

SCHEMA = Schema(4, missing_allowed=False)


def load(directory: Path, **settings: Any) -> model.Model:
    return model.load("linear_learner", directory, Settings(**settings))


def refusal(directory: Path) -> str:
    with pytest.raises(UserError) as caught:
        load(directory)
    assert (caught.value.code, caught.value.where) == ("bad_model", "model")
    assert "\n" not in str(caught.value)
    return caught.value.message


def test_schema_and_manners(tmp_path: Path) -> None:
    loaded = load(built_ins.linear_learner(tmp_path, BINARY))
    assert loaded.schema == Schema(4, missing_allowed=False, classes=(0, 1))
    assert not loaded.exclusive
    assert loaded.manners is MANNERS
    assert "text/libsvm" not in MANNERS.formats


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"weights": floats(1, 1, 4)}, r"holds the arrays \['weights'\]; expected weights, bias"),
        ({"weights": floats(1, 1, 4), "bias": floats(1, 1), "more": floats(1, 1)}, "holds the arrays"),
        ({"weights": floats(1, 4), "bias": floats(1, 1)}, r"'weights' has the shape \(4,\); expected 2 axes"),
        ({"weights": floats(1, 1, 4), "bias": floats(1, 1, 1)}, r"'bias' has the shape \(1, 1\); expected 1 axes"),
        ({"weights": floats(1, 1, 4), "bias": floats(1, 2)}, r"the bias has the shape \(2,\); expected \(1,\)"),
        ({"weights": floats(1, 1, 5), "bias": floats(1, 1)}, r"take 5 features; model.json says 4"),
        ({"weights": floats(1, 2, 4), "bias": floats(1, 2)}, "the model has 2 outputs; expected of a regressor: 1"),
        ({"weights": np.full((1, 4), np.nan, np.float32), "bias": floats(1, 1)}, "'weights' holds numbers .* finite"),
        ({"weights": floats(1, 1, 4), "bias": np.array([np.inf], np.float32)}, "'bias' holds numbers that are not"),
        ({"weights": np.ones((1, 4)), "bias": floats(1, 1)}, "'weights' is of type F64; expected F32"),
        ({"weights": np.ones((0, 4), np.float32), "bias": floats(1, 0)}, r"has the shape \(0"),
    ],
)
def test_arrays_that_are_none_of_a_linear_model_are_refused(tmp_path: Path, arrays: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load(built_ins.write(tmp_path, "linear_learner", arrays, SCHEMA, REGRESSOR))


@pytest.mark.parametrize(
    ("details", "says"),
    [
        ({}, "has the details .*; expected two texts and a number"),
        ({**REGRESSOR, "loss": 3}, "expected two texts and a number"),
        ({**BINARY, "threshold": "0.5"}, "expected two texts and a number"),
        ({**BINARY, "threshold": True}, "expected two texts and a number"),
        ({**REGRESSOR, "predictor_type": "classifier"}, "predictor_type is 'classifier'; expected one of regressor, b"),
        ({**REGRESSOR, "loss": "logistic"}, "loss is 'logistic'; expected of a regressor: squared_loss, absolute"),
        ({name: BINARY[name] for name in ("predictor_type", "loss")}, "threshold is nan; expected a finite number"),
        (MULTICLASS, "the model has 1 outputs; expected of a multiclass_classifier: 2 and up"),
        (BINARY, r"the model has the classes None; expected \(0, 1\)"),
    ],
)
def test_details_that_do_not_fit_are_refused(tmp_path: Path, details: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        load(built_ins.write(tmp_path, "linear_learner", built_ins.linear_arrays(REGRESSOR), SCHEMA, details))


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e999"])
def test_a_threshold_that_is_not_finite_is_refused(tmp_path: Path, number: str) -> None:
    path = built_ins.linear_learner(tmp_path, BINARY) / "model.json"
    path.write_text(path.read_text().replace('"threshold": 0.25', f'"threshold": {number}'))
    assert refusal(tmp_path).endswith("; expected a finite number")


@pytest.mark.parametrize("details", [REGRESSOR, MULTICLASS])
def test_a_threshold_that_does_not_apply_may_be_null(tmp_path: Path, details: Any) -> None:
    built_ins.linear_learner(tmp_path, {**details, "threshold": None})
    assert load(tmp_path).schema.count == 4


def test_missing_values_are_nothing_that_a_linear_model_takes(tmp_path: Path) -> None:
    directory = built_ins.write(
        tmp_path, "linear_learner", built_ins.linear_arrays(REGRESSOR), Schema(4, missing_allowed=True), REGRESSOR
    )
    assert "says that values may be missing" in refusal(directory)


def test_classes_are_the_numbers_of_the_outputs(tmp_path: Path) -> None:
    schema = Schema(4, missing_allowed=False, classes=(0, 1, 5))
    arrays = built_ins.linear_arrays(MULTICLASS)
    directory = built_ins.write(tmp_path, "linear_learner", arrays, schema, MULTICLASS)
    assert refusal(directory) == "the model has the classes (0, 1, 5); expected (0, 1, 2)"


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 100, save({"weights": floats(1, 1, 4)})[:-1]])
def test_what_is_no_safetensors_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    directory = built_ins.vouch(tmp_path, "linear_learner", SCHEMA, REGRESSOR)
    assert refusal(directory).startswith("'model.safetensors' is no safetensors file: ")


def test_safetensors_must_be_among_the_files(tmp_path: Path) -> None:
    built_ins.bare(tmp_path, built_ins.network("LinearRegressionOutput", built_ins.linear_arrays(REGRESSOR)))
    directory = built_ins.vouch(tmp_path, "linear_learner", SCHEMA, REGRESSOR)
    assert refusal(directory) == "model.json lists no 'model.safetensors'"


def test_model_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    assert "is of algorithm 'pca'; this image serves 'linear_learner'" in refusal(built_ins.pca(tmp_path))


def test_built_in_form_beside_our_own_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "model_algo-1").write_bytes(b"whatever it holds, it is listed")
    directory = built_ins.linear_learner(tmp_path, REGRESSOR)
    with caplog.at_level(logging.WARNING):
        assert load(directory).schema.count == 4
    assert caplog.text == ""


@pytest.mark.parametrize("width", [3, 5])
def test_rows_of_another_width_are_refused(tmp_path: Path, width: int) -> None:
    loaded = load(built_ins.linear_learner(tmp_path, REGRESSOR))
    with pytest.raises(UserError, match=f"{width} features a row; the model takes 4"):
        loaded.predict(Dataset(np.zeros((1, width), np.float32)))


def test_selectable_inference_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load(built_ins.linear_learner(tmp_path, REGRESSOR), outputs=("predicted_label",))
    assert "SAGEMAKER_INFERENCE_OUTPUT is left alone: what linear_learner answers cannot be selected" in caplog.text
