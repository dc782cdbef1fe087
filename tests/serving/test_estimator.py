"""Estimators from skops's files: served as they were saved, refused with one line where they are not to be trusted."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from contract import artifact
from contract.dataset import Dataset, Sparse
from contract.errors import UserError
from contract.manifest import Manifest, Schema
from serving import estimator
from training_scripts.estimator import dumps

TREE = "sklearn.tree._tree.Tree"
FEATURES = np.random.default_rng(5).normal(size=(40, 3))
CLASSES = (FEATURES[:, 0] > 0).astype(np.int64)
SCHEMA = Schema(3, missing_allowed=False, classes=(0, 1))
LOGISTIC = LogisticRegression().fit(FEATURES, CLASSES)
MARKER = "code was run"


def written(folder: Path, content: bytes, schema: Schema | None = SCHEMA, **libraries: str) -> Path:
    """A model directory; without a model.json where it has no schema."""
    (folder / estimator.FILE).write_bytes(content)
    if schema is not None:
        versions = {"skops": skops.__version__, **libraries}
        artifact.write(folder, Manifest("churn", "1", schema, {}, {}, versions, "sagemaker-churn:1", "2026"))
    return folder


def load(folder: Path, *trusted: str, method: str = "predict_proba") -> tuple[Any, Schema]:
    return estimator.load(folder, "churn", trusted, method)


def test_predicts_as_what_was_saved(tmp_path: Path) -> None:
    found, schema = load(written(tmp_path, dumps(LOGISTIC)))
    assert schema == SCHEMA
    np.testing.assert_array_equal(found.predict_proba(FEATURES), LOGISTIC.predict_proba(FEATURES))


def test_type_that_is_listed_is_loaded(tmp_path: Path) -> None:
    tree = DecisionTreeClassifier().fit(FEATURES, CLASSES)
    found, _ = load(written(tmp_path, dumps(tree)), TREE)
    np.testing.assert_array_equal(found.predict(FEATURES), tree.predict(FEATURES))


def test_without_model_json_the_estimator_tells_its_features(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load(written(tmp_path, skops.io.dumps(LOGISTIC), None))[1] == SCHEMA
    assert "its origin and content are not verified" in caplog.text


def test_regressor_has_no_classes(tmp_path: Path) -> None:
    content = dumps(LinearRegression().fit(FEATURES, FEATURES[:, 0]))
    schema = Schema(3, missing_allowed=False)
    assert load(written(tmp_path, content, schema), method="predict")[1] == schema


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def node(**entries: object) -> dict[str, object]:
    return {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", **entries}


def state(value: Mapping[str, object]) -> bytes:
    return zipped({"schema.json": json.dumps({**value, "protocol": 2, "_skops_version": "0"}).encode()})


def overlapping() -> bytes:
    """Two names for one member: together they are more than the file."""
    content = bytearray(zipped({"schema.json": b"x" * 5000, "second.json": b"y"}))
    end = content.rindex(b"PK\1\2")
    content[end : end + 46 + 11] = content[content.index(b"PK\1\2") :][: 46 + 11]
    return bytes(content)


REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "type": (lambda: dumps(DecisionTreeClassifier().fit(FEATURES, CLASSES)), rf"not trusted: '{TREE}'; TRUSTED"),
    "function": (lambda: state(node(content=f"echo {MARKER}")), "not trusted: 'posix.system'|not trusted: 'os.system'"),
    "bomb": (lambda: zipped({"schema.json": b" " * 10**8}, zipfile.ZIP_DEFLATED), "is compressed"),
    "overlapping": (overlapping, "is compressed"),
    "no archive": (lambda: b"PK\3\4 and no more", "skops cannot load 'model.skops': 'BadZipFile"),
    "cut short": (lambda: dumps(LOGISTIC)[:-40], "skops cannot load 'model.skops': 'BadZipFile"),
    "no schema": (lambda: zipped({"x": b""}), "skops cannot load 'model.skops': "),
    "nested": (lambda: zipped({"schema.json": b'{"protocol":2,"content":' + b"[" * 10**5}), "skops cannot load"),
    "unknown loader": (lambda: state(node(__loader__="NoNode")), "skops cannot load"),
    "no estimator": (lambda: dumps({"a": 1}), "holds a dict; expected a fitted estimator with predict_proba"),
    "other method": (lambda: dumps(StandardScaler().fit(FEATURES)), "holds a StandardScaler; expected"),
    "not fitted": (lambda: dumps(LogisticRegression()), "holds a LogisticRegression; expected a fitted estimator"),
    "other width": (lambda: dumps(LogisticRegression().fit(FEATURES[:, :2], CLASSES)), "takes 2 features"),
    "other classes": (lambda: dumps(LogisticRegression().fit(FEATURES, CLASSES + 4)), r"classes \(4, 5\); model.json"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_model_is_refused_with_one_line(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    make, says = REFUSED[name]
    with pytest.raises(UserError, match=says) as caught:
        load(written(tmp_path, make()))
    assert (caught.value.code, caught.value.where) == ("bad_model", "model")
    assert "\n" not in str(caught.value)
    assert MARKER not in capfd.readouterr().out


def test_model_of_a_newer_library_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path, dumps(LOGISTIC), **{"scikit-learn": "99.0"})
    with pytest.raises(UserError, match=r"made with scikit-learn '99\.0', newer than this image's"):
        load(folder)


def table(dataset: Dataset) -> NDArray[np.float64]:
    return estimator.table(dataset, SCHEMA)


def test_table_is_of_float64_with_zeros_where_a_sparse_row_names_nothing() -> None:
    sparse = Sparse(np.array([0, 1, 1]), np.array([1], np.int32), np.array([2.5], np.float32), 2)
    np.testing.assert_array_equal(table(Dataset(sparse)), [[0, 2.5, 0], [0, 0, 0]])
    assert table(Dataset(np.ones((1, 3), np.float32))).dtype == np.float64


def test_table_of_another_width_is_refused() -> None:
    with pytest.raises(UserError, match="4 features a row; the model takes 3"):
        table(Dataset(np.ones((1, 4), np.float32)))


def test_library_is_loaded_for_serving_and_the_environment_is_left_as_it_was() -> None:
    """In a process of its own, which has not loaded it yet: no threads of OpenMP, no second look for NaN."""
    program = (
        "import os; from serving import estimator; before = dict(os.environ); estimator.prepare(); import sklearn;"
        "from threadpoolctl import threadpool_info;"
        "print(*(one['num_threads'] for one in threadpool_info() if one['user_api'] == 'openmp'));"
        "print(sklearn.get_config()['assume_finite'], before == dict(os.environ))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "1\nTrue True\n"
