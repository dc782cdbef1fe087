"""The faults of AWS's own XGBoost container on the serving side, none of which may come back; each by its number.

Source: reproduced on sagemaker-xgboost 3.2-0. Fault 15 (PID 1 ignores SIGTERM): tests/serving/test_serve_lifecycle.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from contract.codecs import libsvm
from contract.dataset import Layout, Sparse

SERVING = Path(__file__).parents[3] / "serving"
ROW = b"1,2,3,4\n"


def post(client: Any, body: bytes = ROW, content_type: str = "text/csv", accept: str = "") -> Any:
    return client.post("/invocations", data=body, content_type=content_type, headers={"Accept": accept})


def test_fault_1_libsvm_indices_mean_the_same_in_training_and_serving(tmp_path: Path, serve: Any) -> None:
    """A file that counts from 1: the served answers are those of the model on its own training rows."""
    random = np.random.default_rng(5)
    lines = ["1 " + " ".join(f"{n}:{v:.4f}" for n, v in enumerate(random.normal(size=3), 1)) for _ in range(50)]
    body = "\n".join(f"{n % 5} {line[2:]}" for n, line in enumerate(lines)).encode()
    data = libsvm.decode(body, Layout(label=True), {}, "train")
    assert isinstance(data.features, Sparse)
    dense = np.full(data.features.shape, np.nan, np.float32)
    for row in range(data.rows):
        cells = slice(data.features.offsets[row], data.features.offsets[row + 1])
        dense[row, data.features.columns[cells]] = data.features.values[cells]
    booster = xgboost.train({"max_depth": 3}, xgboost.DMatrix(dense, data.labels), 5)
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    expected = booster.predict(xgboost.DMatrix(dense))
    client = serve()
    whole = np.array(post(client, body, "text/libsvm").text.split(), np.float32)
    singly = [np.float32(post(client, line, "text/libsvm").text) for line in body.split(b"\n")]
    assert np.array_equal(whole, expected)
    assert np.array_equal(singly, expected)


@pytest.mark.parametrize("accept", ["application/jsonlines", "application/x-recordio-protobuf"])
def test_fault_8_every_listed_accept_is_answered(serve: Any, accept: str) -> None:
    answer = post(serve("reg:squarederror"), accept=accept)
    assert (answer.status_code, answer.mimetype) == (200, accept)


def test_fault_9_accept_may_have_q_values(serve: Any) -> None:
    assert post(serve("reg:squarederror"), accept="application/json, text/csv;q=0.5").mimetype == "application/json"


@pytest.mark.parametrize("body", [b"1,2,3\n", b"1,2,3,4,5\n", b"1,2,3,4\n1,2,3\n", b"1,2,3,4\n1,2,3,4,5\n"])
def test_fault_10_wrong_width_is_400_with_row_and_both_numbers(serve: Any, body: bytes) -> None:
    answer = post(serve("reg:squarederror"), body)
    wrong = [line.count(b",") + 1 for line in body.split()][-1]
    error = answer.json["error"]
    assert answer.status_code == 400
    assert re.search(rf"\b{wrong}\b.*\b4\b|\b4\b.*\b{wrong}\b", error["message"]), error
    assert str(len(body.split())) in error["where"]


def test_fault_11_header_row_is_400_with_a_reason(serve: Any) -> None:
    answer = post(serve("reg:squarederror"), b"a,b,c,d\n" + ROW)
    assert answer.status_code == 400
    assert "'a'" in answer.json["error"]["message"]


def test_fault_12_each_recordio_record_holds_its_own_row(serve: Any) -> None:
    client = serve("binary:logistic", outputs=("probability", "probabilities", "labels"))
    one, many = (len(post(client, ROW * n, accept="application/x-recordio-protobuf").data) for n in (1, 100))
    assert many == 100 * one


def test_fault_13_keys_that_do_not_apply_are_null_in_json(serve: Any) -> None:
    answer = post(serve("reg:squarederror", outputs=("probability", "predicted_score")), accept="application/json")
    assert b"NaN" not in answer.data
    assert answer.json["predictions"][0]["probability"] is None


def test_fault_14_other_files_beside_a_bare_model_do_no_harm(tmp_path: Path, serve: Any) -> None:
    (tmp_path / "README.md").write_text("about this model")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text("raise SystemExit")
    assert post(serve("reg:squarederror")).status_code == 200


def test_fault_16_neither_cgi_nor_prints() -> None:
    for path in SERVING.rglob("*.py"):
        assert not re.search(r"^\s*(import cgi|print\()", path.read_text(), re.MULTILINE), path
