"""The status map: which request gets which answer, always in the one form of an error."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from werkzeug.test import Client

from contract.dataset import Dataset
from contract.manifest import Schema
from serving.answers import Table
from serving.app import Application
from serving.invocations import Endpoint
from serving.manners import REQUEST_FORMATS, Manners
from serving.predictions import Predictions
from serving.settings import UNBOUNDED, Settings

ROW = b"1,2,3,4\n"


class Broken:
    """A model whose library fails, with the payload in the message."""

    schema = Schema(4)
    exclusive = False
    manners = Manners()

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        raise RuntimeError(f"secret {dataset.features}")

    def set_threads(self, count: int) -> None:
        pass


@pytest.fixture
def client(serve: Any) -> Any:
    return serve("binary:logistic")


def post(client: Any, body: bytes = ROW, content_type: str | None = "text/csv", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/invocations", data=body, content_type=content_type, headers=named)


def error(answer: Any, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.data
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert list(answer.json) == ["error"]
    assert list(answer.json["error"]) == ["code", "message", "where"]
    assert "Traceback" not in answer.text
    found: dict[str, str] = answer.json["error"]
    return found


def test_ping_is_200_and_empty(client: Any) -> None:
    answer = client.get("/ping")
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.head("/ping").status_code == 200


def test_503_until_the_model_is_loaded() -> None:
    client = Client(Application(Endpoint(Settings())))
    answer = client.get("/ping")
    assert error(answer, 503)["code"] == "not_ready"
    assert answer.headers["Retry-After"] == "1"
    error(post(client), 503)


def test_execution_parameters_are_true_and_within_what_a_job_may_ask(serve: Any) -> None:
    client = serve("binary:logistic", workers=64, payload_bytes=6 * 1024**2)
    answer = client.get("/execution-parameters").json
    assert answer == {"MaxConcurrentTransforms": 16, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
    client = serve("binary:logistic", workers=2, payload_bytes=UNBOUNDED, strategy="SINGLE_RECORD")
    answer = client.get("/execution-parameters").json
    assert answer == {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 0}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/ping", "/invocations", "/execution-parameters"])
def test_other_methods_are_405_with_those_allowed(client: Any, method: str, path: str) -> None:
    answer = client.open(path, method=method)
    told = error(answer, 405)
    assert (told["where"], told["message"][:13]) == (f"{method} {path}", "no such route")
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/models", "/ping/", "/ping/../x", "/metrics/x"])
def test_unknown_path_is_404(client: Any, path: str) -> None:
    told = error(client.get(path), 404)["message"]
    assert told.startswith("no such route; there are GET /ping, POST /invocations, GET /execution-parameters")


@pytest.mark.parametrize("content_type", ["text/csv", "Text/CSV; charset=utf-8", " text/csv ;label_size=0", "csv"])
def test_a_media_type_is_parsed_not_compared(client: Any, content_type: str) -> None:
    assert post(client, content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", [None, "", " "])
def test_a_missing_content_type_is_libsvm(client: Any, content_type: str | None) -> None:
    assert post(client, b"0:1 3:2\n", content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/x-parquet",
        "text/csv, application/json",
        "; charset=utf-8",
        "x" * 8000,
    ],
)
def test_unknown_content_type_is_415(client: Any, content_type: str) -> None:
    refused = error(post(client, content_type=content_type), 415)
    assert (refused["code"], refused["where"]) == ("unsupported_content_type", "header Content-Type")


@pytest.mark.parametrize(
    ("content_type", "says"),
    [
        ("text/csv; charset=utf-16", "charset 'utf-16' is not supported; send UTF-8"),
        ("text/libsvm; charset=latin-1", "charset 'latin-1' is not supported; send UTF-8"),
        ("application/json; charset=utf-16", "charset 'utf-16' is not supported; send UTF-8"),
        ("text/csv; label_size=1", "label_size='1' is not supported; expected 0: there is no label column"),
    ],
)
def test_parameter_of_the_content_type_that_cannot_be_followed_is_415(
    client: Any, content_type: str, says: str
) -> None:
    refused = error(post(client, content_type=content_type), 415)
    assert refused == {"code": "unsupported_content_type", "message": says, "where": "header Content-Type"}


def test_unknown_content_type_is_told_those_that_requests_may_have(client: Any) -> None:
    message = error(post(client, content_type="text/plain"), 415)["message"]
    assert all(name in message for name in REQUEST_FORMATS)
    assert "parquet" not in message


def test_body_that_is_no_libsvm_is_told_of_the_missing_content_type(client: Any) -> None:
    assert "no Content-Type: read as text/libsvm" in error(post(client, ROW, None), 400)["where"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
def test_encoded_body_is_415(client: Any, encoding: str) -> None:
    error(post(client, Content_Encoding=encoding), 415)


def test_identity_is_no_encoding(client: Any) -> None:
    assert post(client, Content_Encoding="identity").status_code == 200


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("application/*", "application/json"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("image/png, */*;q=0.1", "text/csv"),
        (";q=1", "text/csv"),
        (";q=1, application/json", "application/json"),
    ],
)
def test_accept_chooses_the_answer(client: Any, accept: str, mimetype: str) -> None:
    assert post(client, Accept=accept).mimetype == mimetype


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "application/x-npy"])
def test_unacceptable_is_406(client: Any, accept: str) -> None:
    assert error(post(client, Accept=accept), 406)["where"] == "header Accept"


def test_an_absent_accept_may_mean_another_type(serve: Any) -> None:
    client = serve("binary:logistic", accept="application/json")
    assert post(client).mimetype == post(client, Accept="*/*").mimetype == "application/json"
    assert post(client, Accept="text/csv").mimetype == "text/csv"


@pytest.mark.parametrize("body", [b"", b"\n", b"a,b,c,d\n", b"1,2,3\n", b"1,2,3,4,5\n", b"1,2,inf,4\n", b"1,2,0x1,4\n"])
def test_what_is_wrong_with_the_rows_is_400(client: Any, body: bytes) -> None:
    assert error(post(client, body), 400)["where"]


def test_error_names_row_and_column(client: Any) -> None:
    where = error(post(client, ROW + b"1,2,x,4\n"), 400)["where"]
    assert "2" in where
    assert "3" in where


@pytest.mark.parametrize(("extra", "status"), [(-1, 400), (0, 400), (1, 413)])
def test_body_may_be_as_large_as_the_limit(serve: Any, extra: int, status: int) -> None:
    """400: the ones within the limit are read, and found too wide."""
    client = serve("binary:logistic", payload_bytes=1000)
    error(post(client, b"1" * (1000 + extra)), status)


def test_failure_is_500_with_an_id_and_its_trace_only_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    endpoint = Endpoint(Settings(), Predictions(Broken(), Settings()))
    answer = post(Client(Application(endpoint)))
    message = error(answer, 500)["message"]
    assert "secret" not in answer.text
    identifier = message.rpartition(" ")[2]
    assert identifier in caplog.text
    assert "RuntimeError" in caplog.text


def test_batch_answers_one_prediction_a_line(serve: Any) -> None:
    answer = post(serve("multi:softprob", batch=True), ROW * 2, Accept="application/json")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [len(line) for line in lines] == [3, 3]
    assert ", " in answer.text
    assert answer.text.endswith("\n")


@pytest.mark.parametrize("attributes", ["x" * 1025, "caf\u00e9", "a\tb"])
def test_custom_attributes_that_sagemaker_would_not_pass_on_are_400(client: Any, attributes: str) -> None:
    refused = error(post(client, X_Amzn_SageMaker_Custom_Attributes=attributes), 400)
    assert refused["where"] == "header X-Amzn-SageMaker-Custom-Attributes"


def test_custom_attributes_of_the_most_length_are_accepted(client: Any) -> None:
    assert post(client, X_Amzn_SageMaker_Custom_Attributes="x" * 1024).status_code == 200


@pytest.mark.parametrize("body", [ROW, b"x\n"])
def test_inference_id_comes_back_and_stands_in_the_log(
    client: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level(logging.INFO, "serving.access")
    answer = post(client, body, X_Amzn_SageMaker_Inference_Id='a "b"')
    assert answer.headers["X-Amzn-SageMaker-Inference-Id"] == 'a "b"'
    assert json.loads(capsys.readouterr().err)["inference_id"] == 'a "b"'


@pytest.mark.parametrize("identifier", ["x" * 65, "caf\u00e9"])
def test_inference_id_that_is_none_is_only_logged(
    client: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, identifier: str
) -> None:
    caplog.set_level(logging.INFO, "serving.access")
    assert "X-Amzn-SageMaker-Inference-Id" not in post(client, X_Amzn_SageMaker_Inference_Id=identifier).headers
    told = identifier.encode("ascii", "backslashreplace").decode()
    assert json.loads(capsys.readouterr().err)["inference_id"] == told
