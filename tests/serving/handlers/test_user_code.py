"""Scripts as users write them: each hook alone and all together, and what the defaults do around them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from werkzeug.test import Client

from contract.errors import UserError
from serving import service
from serving.app import Application
from serving.invocation import Invocation
from serving.invocations import Endpoint
from serving.settings import Settings

Load = Callable[..., Any]
ROWS = np.array([[1, 2, 3, 4], [0, -1, 0, 9]], np.float32)
CSV = b"1,2,3,4\n0,-1,0,9\n"
ON = Settings(user_code=True)


@pytest.fixture
def expected(trained: Callable[[str], xgboost.Booster]) -> np.ndarray[Any, np.dtype[np.float32]]:
    scores: np.ndarray[Any, np.dtype[np.float32]] = trained("binary:logistic").predict(xgboost.DMatrix(ROWS))
    return scores


def test_all_steps_of_the_script(load: Load, post: Load) -> None:
    client = load("steps", algorithm="")
    answer = post(client, b"1,2\n3,4\n")
    assert (answer.status_code, answer.mimetype, answer.json) == (200, "application/json", {"sums": [21.0, 43.0]})
    answer = post(client, b"1,2\n", Accept="text/csv")
    assert (answer.mimetype, answer.data) == ("text/csv", b"21.0")


def test_bytes_of_a_type_of_the_scripts_own(load: Load, post: Load) -> None:
    body = np.array([[1.0, 2.0]]).tobytes()
    assert post(load("steps", algorithm=""), body, "application/x-pairs").json == {"sums": [21.0]}


def test_every_hook_with_the_context(load: Load, post: Load) -> None:
    client = load("contextual", algorithm="")
    sent = {"X_Amzn_SageMaker_Custom_Attributes": "trace=1", "X_Amzn_SageMaker_Inference_Id": "id-1"}
    answer = post(client, b"{}", "application/json; charset=utf-8", **sent)
    assert (answer.status_code, answer.status) == (203, "203 Made Up")
    assert answer.mimetype == "application/x-told"
    assert answer.headers["X-Amzn-SageMaker-Custom-Attributes"] == "seen=trace=1"
    assert "X-Else" not in answer.headers
    told = answer.get_json(force=True)
    assert told["loaded"] == [["pre_model_fn", True], ["model_fn", {}], ["model_warmup_fn", True]]
    assert told["headers"] == {
        "Content-Type": "application/json; charset=utf-8",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        "X-Amzn-SageMaker-Inference-Id": "id-1",
    }
    assert (told["content_type"], told["id"], told["accept"]) == ("application/json", "id-1", "application/json")


def test_the_context_is_each_requests_own(load: Load, post: Load) -> None:
    client = load("contextual", algorithm="")
    first, second = (post(client, b"x", X_Amzn_SageMaker_Custom_Attributes=value) for value in ("a", "b"))
    assert first.headers["X-Amzn-SageMaker-Custom-Attributes"] == "seen=a"
    assert second.headers["X-Amzn-SageMaker-Custom-Attributes"] == "seen=b"
    assert first.get_json(force=True)["id"] != second.get_json(force=True)["id"]


@pytest.mark.parametrize(
    ("content_type", "given", "named"),
    [
        ("text/csv", "str", "text/csv"),
        ("Text/CSV; charset=utf-8", "str", "text/csv"),
        ("application/json", "str", "application/json"),
        ("application/jsonlines", "bytes", "application/jsonlines"),
        ("application/x-npy", "bytes", "application/x-npy"),
        ("image/png", "bytes", "image/png"),
        (None, "bytes", "application/octet-stream"),
    ],
)
def test_transform_fn_gets_text_or_bytes(
    load: Load, post: Load, content_type: str | None, given: str, named: str
) -> None:
    told = post(load("transform", algorithm=""), b"{}", content_type).json
    assert told == {"model": "model", "body": given, "content_type": named, "accept": "application/json"}


@pytest.mark.parametrize(
    ("accept", "told"), [("*/*", "application/json"), ("text/csv", "text/csv"), ("a/b, c/d;q=0.1", "a/b, c/d;q=0.1")]
)
def test_accept_comes_as_it_was_sent(load: Load, post: Load, accept: str, told: str) -> None:
    assert post(load("transform", algorithm=""), b"{}", Accept=accept).get_json(force=True)["accept"] == told


@pytest.mark.parametrize("script", ["transform", "steps"])
@pytest.mark.parametrize("accept", ["text/é", "é;q=1, text/csv", "text/\tcsv"])
def test_accept_that_is_no_content_type_is_406(load: Load, post: Load, script: str, accept: str) -> None:
    answer = post(load(script, algorithm=""), b"1,2\n", Accept=accept)
    error = answer.json["error"]
    assert (answer.status_code, error["code"], error["where"]) == (406, "not_acceptable", "header Accept")


@pytest.mark.parametrize("script", ["transform", "steps"])
def test_accept_is_read_in_a_models_own_process_too(place: Callable[..., Path], script: str) -> None:
    """Nothing is checked there before the body is."""
    model = place(script, kinds=())
    (model / "weights.json").write_text("[1.0, 10.0]")
    loaded = service.load("", model, Settings(user_code=True, program=script))
    with pytest.raises(UserError, match=r"header Accept: .* is no media type"):
        loaded.respond(Invocation(b"1,2\n", "text/csv", "é"))


def test_text_that_is_not_utf8_is_400(load: Load, post: Load) -> None:
    answer = post(load("transform", algorithm=""), b"1,\xff\n")
    assert (answer.status_code, answer.json["error"]["where"]) == (400, "body")


def test_predict_fn_alone_has_the_algorithms_model(
    load: Load, post: Load, expected: np.ndarray[Any, np.dtype[np.float32]]
) -> None:
    client = load("doubled")
    assert np.array_equal(np.array(post(client, CSV).json, np.float32), expected * 2)
    answer = post(client, CSV, Accept="application/x-npy")
    assert np.array_equal(np.load(io.BytesIO(answer.data)), expected * 2)
    assert np.array_equal(np.array(post(client, CSV, Accept="text/csv").data.split(), np.float32), expected * 2)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"instances": [[1, 2, 3, 4], {"features": [0, -1, 0, 9]}]}', "application/json"),
        (b"[1, 2, 3, 4]\n[0, -1, 0, 9]\n", "application/jsonlines"),
        (b"0 0:1 1:2 2:3 3:4\n0 0:0 1:-1 2:0 3:9\n", "text/libsvm"),
    ],
)
def test_the_codecs_of_the_algorithms_read_bodies(
    load: Load, post: Load, body: bytes, content_type: str, expected: np.ndarray[Any, np.dtype[np.float32]]
) -> None:
    assert np.array_equal(np.array(post(load("doubled"), body, content_type).json, np.float32), expected * 2)


def test_model_fn_alone_predicts(load: Load, post: Load) -> None:
    assert post(load("model_alone", algorithm=""), b"1,2\n3,\n").json == [3.0, 3.0]


def test_warmup_alone_and_output_fn_alone(load: Load, post: Load) -> None:
    assert len(post(load("warmup_alone"), CSV).json) == 2
    answer = post(load("output_alone"), CSV)
    assert (answer.mimetype, answer.data) == ("text/plain", b"2 rows")


def test_neighbours_of_the_script_can_be_imported(
    load: Load, post: Load, expected: np.ndarray[Any, np.dtype[np.float32]]
) -> None:
    assert np.allclose(post(load("neighbour", "scaling"), CSV).json, expected * 100)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (415, b"1", {"content_type": "image/png"}),
        (406, CSV, {"Accept": "image/png"}),
        (400, b"1,2,3\n", {}),
        (400, b"1,2,3,x\n", {}),
    ],
)
def test_defaults_refuse_what_the_algorithms_refuse(
    load: Load, post: Load, status: int, body: bytes, headers: dict[str, str]
) -> None:
    assert post(load("doubled"), body, **headers).status_code == status


def test_steps_are_timed(place: Callable[..., Path]) -> None:
    loaded = service.load("xgboost", place("doubled"), Settings(user_code=True, program="doubled"))
    timings = loaded.respond(Invocation(CSV, "text/csv")).timings
    assert timings is not None
    assert all(0 <= seconds < 10 for seconds in timings)


def test_the_script_of_the_guide(place: Callable[..., Path]) -> None:
    guide = (
        (Path(__file__).parents[3] / "CONTAINERS_FOR_SM.md").read_text().partition("\n## Your own inference code\n")[2]
    )
    model = place(kinds=())
    (model / "code" / "inference.py").write_text(guide.partition("```python\n")[2].partition("```")[0])
    (model / "weights.json").write_text("[1.0, 10.0]")
    client = Client(Application(Endpoint(ON, service.load("", model, ON))))
    answer = client.post("/invocations", data=b'{"rows": [[1, 2]]}', content_type="application/json")
    assert (answer.status_code, answer.json) == (200, {"predictions": [21.0]})
    assert answer.headers["X-Amzn-SageMaker-Custom-Attributes"] == "model=linear"
    answer = client.post("/invocations", data=b"[1]", content_type="application/json")
    assert (answer.status_code, answer.json["error"]["message"]) == (400, 'expected JSON like {"rows": [[1, 2]]}')
    assert client.get("/openapi.json").json["paths"]["/invocations"]["post"]["requestBody"]["content"] == {"*/*": {}}
