"""Where the algorithms differ in what they take and how they answer, and where they must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract.codecs import recordio_protobuf
from contract.dataset import Dataset
from serving import model
from serving.answers import WRITERS
from serving.settings import Settings
from tests.corpus import cases
from tests.serving import built_ins
from tests.serving.request_bodies import sparse

BUILT_IN = ("linear_learner", "pca")
KEYS = {"linear_learner": "predictions", "pca": "projections"}
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
ROWS = b"1,2,3,4\n0,0,-7,1\n"
Make = Callable[..., Any]


@pytest.fixture(params=BUILT_IN)
def algorithm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def directory(algorithm: str, path: Path, width: int = built_ins.WIDTH) -> Path:
    return built_ins.pca(path, width) if algorithm == "pca" else built_ins.linear_learner(path, built_ins.BINARY, width)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A client: `make("pca", batch=True)`."""
    return lambda algorithm, **settings: built_ins.client(
        algorithm, directory(algorithm, tmp_path / algorithm), **settings
    )


def post(client: Any, body: bytes = ROWS, content_type: str | None = "text/csv", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/invocations", data=body, content_type=content_type, headers=named)


def error(answer: Any, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.data
    found: dict[str, str] = answer.json["error"]
    return found


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*, */*;q=0.1", "text/csv"),
        ("image/png, */*;q=0.1", "application/json"),
        ("application/jsonlines", "application/jsonlines"),
    ],
)
def test_json_is_what_an_absent_accept_means(make: Make, algorithm: str, accept: str, mimetype: str) -> None:
    assert post(make(algorithm), Accept=accept).mimetype == mimetype


def test_the_environment_may_say_otherwise(make: Make, algorithm: str) -> None:
    client = make(algorithm, accept="text/csv")
    assert post(client).mimetype == post(client, Accept="*/*").mimetype == "text/csv"


def test_settings_are_settled_by_the_algorithm() -> None:
    assert model.settle("pca", Settings()).accept == "application/json"
    assert model.settle("xgboost", Settings()).accept == "text/csv"
    assert model.settle("xgboost", Settings(accept="application/jsonlines")).accept == "application/jsonlines"
    assert model.settle("", Settings()).accept == ""


@pytest.mark.parametrize("content_type", ["text/libsvm", "application/x-parquet", None])
def test_other_content_types_are_415(make: Make, algorithm: str, content_type: str | None) -> None:
    refused = error(post(make(algorithm), content_type=content_type), 415)
    assert (refused["code"], refused["where"]) == ("unsupported_content_type", "header Content-Type")
    assert "libsvm" not in refused["message"].partition("expected")[2]


def test_text_csv_may_say_that_there_is_no_label(make: Make, algorithm: str) -> None:
    assert post(make(algorithm), content_type="text/csv;label_size=0").status_code == 200
    error(post(make(algorithm), content_type="text/csv;label_size=1"), 415)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", b"1,2,,4\n"),
        ("text/csv", b"1,2,nan,4\n"),
        ("application/json", b'{"instances": [{"features": [1, 2, null, 4]}]}'),
        ("application/json", b'{"instances": [{"data": {"features": {"keys": [1], "shape": [4], "values": [null]}}}]}'),
        ("application/jsonlines", b'{"features": [1, 2, null, 4]}\n'),
        ("application/x-recordio-protobuf", recordio_protobuf.encode(Dataset(np.full((1, 4), np.nan, np.float32)))),
        (
            "application/x-recordio-protobuf",
            recordio_protobuf.encode(Dataset(sparse(np.array([[0, np.nan, 0, 0]], np.float32), 0))),
        ),
    ],
)
def test_missing_values_are_400(make: Make, algorithm: str, content_type: str, body: bytes) -> None:
    assert "missing" in error(post(make(algorithm), body, content_type), 400)["message"]


def test_cells_that_sparse_rows_do_not_name_are_zero(make: Make, algorithm: str) -> None:
    client = make(algorithm)
    dense = post(client, b"0,5,0,0\n0,0,0,0\n").data
    lines = b'{"data": {"features": {"keys": [1], "shape": [4], "values": [5]}}}\n{"features": [0, 0, 0, 0]}\n'
    assert post(client, lines, "application/jsonlines", Accept="application/json").data == dense
    lines = b'{"data": {"features": {"keys": [1], "shape": [2], "values": [5]}}}\n'
    lines += b'{"data": {"features": {"keys": [], "shape": [4], "values": []}}}\n'
    assert post(client, lines, "application/jsonlines", Accept="application/json").data == dense


@pytest.mark.parametrize("attributes", ["explain=shap", "trace=7, EXPLAIN = Shap"])
def test_contributions_that_no_model_gives_are_400(make: Make, algorithm: str, attributes: str) -> None:
    refused = error(post(make(algorithm), **{ATTRIBUTES: attributes}), 400)
    assert refused["message"].startswith("explain=shap asks for SHAP contributions, which models of this algorithm do")
    assert refused["where"] == f"header {ATTRIBUTES}"


@pytest.mark.parametrize("attributes", ["explain=SHAP", "Explain=shap", "a=b,explain = shap"])
def test_contributions_are_asked_for_in_any_case(serve: Any, attributes: str) -> None:
    client, plain = serve("binary:logistic"), {ATTRIBUTES: "explain=shap"}
    assert post(client, **{ATTRIBUTES: attributes}).data == post(client, **plain).data != post(client).data


@pytest.mark.parametrize("attributes", ["explain=lime", "explain", "explain=", "explain=shap2"])
def test_other_explanations_are_400(serve: Any, make: Make, attributes: str) -> None:
    for client in (serve("binary:logistic"), make("pca")):
        refused = error(post(client, **{ATTRIBUTES: attributes}), 400)
        assert refused["message"] == f"{attributes!r} is not accepted; expected explain=shap"


@pytest.mark.parametrize("attributes", ["explained=yes", "c=explain", "x"])
def test_other_attributes_mean_nothing(serve: Any, make: Make, attributes: str) -> None:
    for client in (serve("binary:logistic"), make("pca")):
        assert post(client, **{ATTRIBUTES: attributes}).data == post(client).data


@pytest.mark.parametrize("accept", WRITERS)
def test_batch_transform_gets_what_it_accepts(make: Make, algorithm: str, accept: str) -> None:
    single, batch = make(algorithm), make(algorithm, batch=True)
    answer = post(batch, Accept=accept)
    assert (answer.mimetype, answer.data) == (accept, post(single, Accept=accept).data)
    assert post(batch).data == post(single).data


@pytest.mark.parametrize("accept", WRITERS)
def test_an_answer_in_blocks_is_that_of_all_rows_at_once(
    make: Make, algorithm: str, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving import predictions

    body = b"".join(b"%d,2,-0.5,1e-3\n" % place for place in range(100))
    whole = post(make(algorithm), body, Accept=accept)
    assert whole.headers["Content-Length"]
    monkeypatch.setattr(predictions, "BLOCK_VALUES", 8)  # four rows
    by_values = post(make(algorithm), body, Accept=accept)
    assert "Content-Length" not in by_values.headers
    monkeypatch.setattr(predictions, "BLOCK_ROWS", 7)
    monkeypatch.setattr(predictions, "BLOCK_VALUES", 1_000_000)
    assert post(make(algorithm), body, Accept=accept).data == by_values.data == whole.data


def test_document_is_that_of_the_algorithm(make: Make, algorithm: str) -> None:
    client = make(algorithm)
    document = client.get("/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    operation, schemas = document["paths"]["/invocations"]["post"], document["components"]["schemas"]
    assert operation["description"].endswith(" by default application/json.")
    assert set(operation["requestBody"]["content"]) == set(model._find(algorithm).MANNERS.formats)
    assert schemas["Number"]["type"] == "number"
    assert schemas["Features"]["anyOf"][2]["description"].endswith("those that are not there are 0")
    assert "explain=shap is refused" in operation["parameters"][0]["description"]
    answers = operation["responses"]["200"]["content"]
    assert list(answers["application/json"]["schema"]["properties"]) == [KEYS[algorithm]]
    for content_type, one in operation["requestBody"]["content"].items():
        if "example" in one:
            body = one["example"] if isinstance(one["example"], str) else json.dumps(one["example"])
            for accept in ("text/csv", "application/jsonlines"):
                answer = post(client, body.encode(), content_type, Accept=accept)
                assert answer.text == answers[accept]["example"]


def test_document_of_xgboost_says_what_absent_cells_are(serve: Any) -> None:
    schemas = serve("binary:logistic").get("/openapi.json").json["components"]["schemas"]
    assert schemas["Features"]["anyOf"][2]["description"].endswith("those that are not there are missing")


@pytest.mark.parametrize("columns", [1, 2])
def test_csv_goes_on_to_the_next_container(make: Make, serve: Any, tmp_path: Path, columns: int) -> None:
    """The components of PCA, or score and label of Linear Learner, are the features of an XGBoost behind it."""
    first = make({1: "linear_learner", 2: "pca"}[columns], accept="text/csv")
    random = np.random.default_rng(0)
    features = random.random((50, 2)).astype(np.float32)
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(features, features[:, 0]), 2)
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    answer = post(first)
    assert answer.content_type == "text/csv"
    passed_on = post(serve(), answer.data, answer.content_type)
    assert (passed_on.status_code, passed_on.data.count(b"\n")) == (200, 2)


BODIES = [case for case in cases.find(*cases.BODIES) if case.folder not in ("parquet", "libsvm")]


def test_bodies_of_the_corpus(algorithm: str, tmp_path: Path) -> None:
    """What is wrong is wrong for all; what is right may still hold a missing value. No answer is a failure."""
    client = built_ins.client(algorithm, directory(algorithm, tmp_path, cases.FEATURES))
    assert len(BODIES) > 80
    for case in BODIES:
        answer = post(client, case.content, cases.CONTENT_TYPES[case.folder])
        missing = answer.status_code == 400 and "missing" in answer.json["error"]["message"]
        assert answer.status_code == case.status or (case.status == 200 and missing), (case, answer.data)
    refused = error(post(client, b"0:1\n", cases.CONTENT_TYPES["libsvm"]), 415)
    assert refused["code"] == "unsupported_content_type"
