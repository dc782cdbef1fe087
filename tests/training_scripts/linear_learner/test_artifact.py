"""Both forms of a model, and what the serving half is told."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load

from contract import ndarrays
from training_scripts.linear_learner import artifact
from training_scripts.linear_learner.artifact import Model
from training_scripts.linear_learner.task import Task

WEIGHTS = np.array([[1.5, -2.25, 0.1]], dtype=np.float32)
BIAS = np.array([0.5], dtype=np.float32)
BINARY = Model(Task("binary_classifier", "logistic", 2), WEIGHTS, BIAS, 0.4)
NUMBERS = Model(Task("regressor", "squared_loss"), WEIGHTS, BIAS, None)
CLASSES = Model(
    Task("multiclass_classifier", "softmax_loss", 3), np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.float32), None
)


def unpacked(model: Model) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(artifact.built_in(model))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_directory_holds_both_forms(tmp_path):
    BINARY.save(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "model_algo-1"]
    arrays = load((tmp_path / "model.safetensors").read_bytes())
    assert arrays.keys() == {"weights", "bias"}
    assert (arrays["weights"].dtype, arrays["bias"].dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(arrays["weights"], WEIGHTS)
    np.testing.assert_array_equal(arrays["bias"], BIAS)


@pytest.mark.parametrize("model", [BINARY, NUMBERS, CLASSES])
def test_the_built_ins_zip_has_its_four_files(model):
    files = unpacked(model)
    assert list(files) == ["additional-params.json", "manifest.json", "mx-mod-symbol.json", "mx-mod-0000.params"]
    arrays = ndarrays.read(files["mx-mod-0000.params"])
    assert list(arrays) == ["arg:fc0_weight", "arg:fc0_bias"]
    np.testing.assert_array_equal(arrays["arg:fc0_weight"], model.weights)
    np.testing.assert_array_equal(arrays["arg:fc0_bias"], model.bias)
    parameters = json.loads(files["additional-params.json"])
    assert parameters["predictor_type"] == model.task.predictor_type
    assert parameters["threshold"] == model.threshold


@pytest.mark.parametrize(
    ("model", "last"),
    [(BINARY, "LogisticRegressionOutput"), (NUMBERS, "LinearRegressionOutput"), (CLASSES, "SoftmaxOutput")],
)
def test_the_symbol_is_one_fully_connected_layer_and_an_output_with_a_label(model, last):
    graph = json.loads(unpacked(model)["mx-mod-symbol.json"])
    names = [node["name"] for node in graph["nodes"]]
    assert names == ["data", "fc0_weight", "fc0_bias", "fc0", "out_label", "out"]
    layer, output = graph["nodes"][3], graph["nodes"][5]
    assert (layer["op"], layer["attrs"]) == ("FullyConnected", {"num_hidden": str(len(model.bias))})
    assert [place for place, _, _ in layer["inputs"]] == [0, 1, 2]
    assert output["op"] == last
    assert [place for place, _, _ in output["inputs"]] == [3, 4]
    assert graph["arg_nodes"] == [0, 1, 2, 4]
    assert graph["heads"] == [[5, 0, 0]]
    assert graph["node_row_ptr"] == [0, 1, 2, 3, 4, 5, 6]


def test_equal_models_are_equal_files():
    assert artifact.built_in(BINARY) == artifact.built_in(BINARY)


@pytest.mark.parametrize(("model", "classes"), [(BINARY, (0, 1)), (NUMBERS, None), (CLASSES, (0, 1, 2))])
def test_the_serving_half_is_told(model, classes):
    assert model.schema.count == model.weights.shape[1]
    assert model.schema.classes == classes
    assert not model.schema.missing_allowed
    assert model.details == {
        "predictor_type": model.task.predictor_type,
        "loss": model.task.loss,
        "threshold": model.threshold,
    }
