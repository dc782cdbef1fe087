"""What the routes of a multi-model endpoint answer. Source: SageMaker's contract for multi-model containers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from numpy.typing import NDArray
from werkzeug.test import Client

from serving.app import Application
from serving.invocations import Endpoint
from serving.settings import Settings
from tests.corpus import recipes
from tests.corpus.recipes import Recipe

if TYPE_CHECKING:
    from conftest import Several

ROW = b"1,2,3,4\n"
URL = "/opt/ml/models/0/model"
NAMES = ["m", "a/b/c.tar.gz", "a%2Fb", "..", "../../etc", "x" * 1000, "schön", "a b?c#d", "a//b", "invoke", "a\nb", '"']
Expected = Callable[[int, bytes], NDArray[np.float32]]


def test_ready_without_any_model(endpoint: Several) -> None:
    assert endpoint.client.get("/ping").status_code == 200
    assert endpoint.client.get("/models").json == {"models": []}
    assert endpoint.client.get("/execution-parameters").status_code == 200
    assert b"sagemaker_endpoint" in endpoint.client.get("/metrics").data


def test_loaded_model_answers_as_the_library(endpoint: Several, expected: Expected) -> None:
    rows = ROW * 3 + b"0.5,-1,,7\n"
    for place in range(4):
        answer = endpoint.load(f"m{place}", f"/opt/ml/models/{place}/model")
        assert (answer.status_code, answer.json) == (200, {"status": "Workers scaled"}), answer.data
    for place in range(4):
        answer = endpoint.invoke(f"m{place}", rows.replace(b",,", b",0,"))
        assert answer.status_code == 200
        scores = np.array(answer.data.replace(b"\n", b",").rstrip(b",").split(b","), np.float32)
        assert (scores == expected(place, rows.replace(b",,", b",0,")).ravel()).all()


def test_metrics_count_the_models(endpoint: Several) -> None:
    for count in range(3):
        assert f"models_loaded {count}.0" in endpoint.client.get("/metrics").text
        endpoint.load(f"m{count}")


def test_target_model_header_is_the_same_as_invoke(endpoint: Several) -> None:
    endpoint.load("a/b")
    headers = {"X-Amzn-SageMaker-Target-Model": "a/b", "Content-Type": "text/csv"}
    assert endpoint.client.post("/invocations", data=ROW, headers=headers).data == endpoint.invoke("a/b").data
    headers["X-Amzn-SageMaker-Target-Model"] = "b"
    assert endpoint.client.post("/invocations", data=ROW, headers=headers).status_code == 404
    answer = endpoint.client.post("/invocations", data=ROW)
    assert (answer.status_code, answer.json["error"]["where"]) == (400, "header X-Amzn-SageMaker-Target-Model")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_any_name_is_a_name(endpoint: Several, name: str) -> None:
    assert endpoint.load(name).status_code == 200
    assert endpoint.client.get("/models").json == {"models": [{"modelName": name, "modelUrl": URL}]}
    assert endpoint.client.get(f"/models/{quote(name, safe='')}").json["modelName"] == name
    assert endpoint.invoke(name).status_code == 200
    assert endpoint.unload(name).json == {"status": f'Model "{name}" unregistered'}
    assert endpoint.invoke(name).status_code == 404


def test_model_that_is_loaded_is_409(endpoint: Several) -> None:
    endpoint.load("m")
    answer = endpoint.load("m", "/opt/ml/models/1/model")
    message = "Model m is already registered."
    assert answer.status_code == 409
    assert answer.json == {
        "code": 409,
        "type": "ConflictStatusException",
        "message": message,
        "error": {"code": "conflict", "message": message, "where": ""},
    }


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/invoke")])
def test_model_that_is_not_loaded_is_404(endpoint: Several, method: str, path: str) -> None:
    answer = endpoint.client.open(f"/models/none{path}", method=method, data=ROW if path else None)
    assert (answer.status_code, answer.json["message"]) == (404, "Model not found: none")
    assert answer.json["type"] == "ModelNotFoundException"


def test_missing_directory_is_404(endpoint: Several) -> None:
    answer = endpoint.load("banana", "/banana")
    assert (answer.status_code, answer.json["error"]["where"]) == (404, "url")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"model_name":"m"}',
        b'{"model_name":"m","url":""}',
        b'{"model_name":3,"url":"/"}',
        b'{"model_name":"\\ud800","url":"/"}',
        b'{"model_name":null,"url":"/"}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body)[:30],
)
def test_bad_request_to_load_is_refused(endpoint: Several, body: bytes) -> None:
    answer = endpoint.client.post("/models", data=body, content_type="application/json")
    assert answer.status_code in (400, 413)
    assert answer.json["message"] == answer.json["error"]["message"]


REFUSED = recipes.find(recipes.REFUSED_BY_CONTRACT, recipes.REFUSED_BY_LIBRARY)


# "missing" is a directory that is not there; what belongs to another user, root may read.
@pytest.mark.parametrize("recipe", [recipe for recipe in REFUSED if not recipe.of_another_user], ids=str)
def test_bad_model_is_refused_and_leaves_nothing(endpoint: Several, base: Path, recipe: Recipe) -> None:
    directory = recipe.make(base / f"models/{recipe}/model")
    endpoint.load("good")
    answer = endpoint.load("bad", str(directory))
    assert answer.status_code == (400 if directory.is_dir() else 404)
    assert "\n" not in answer.json["message"]
    assert recipes.CODE_RAN not in endpoint.log.read_text()
    assert len(endpoint.processes()) == 1
    assert endpoint.invoke("bad").status_code == 404
    assert endpoint.invoke("good").status_code == 200


def test_model_that_crashes_the_library_takes_nobody_along(
    endpoint: Several, put: Callable[[bytes], str], trained: Any
) -> None:
    endpoint.load("good")
    document = json.loads(bytes(trained("binary:logistic").save_raw("json")))
    for tree in document["learner"]["gradient_booster"]["model"]["trees"]:
        tree["split_indices"] = [2**30 if value >= 0 else value for value in tree["split_indices"]]
    answer = endpoint.load("bad", put(json.dumps(document).encode()))
    assert answer.status_code == 400
    assert "SIGSEGV" in answer.json["message"]
    assert endpoint.invoke("good").status_code == 200
    assert len(endpoint.processes()) == 1


def test_what_is_wrong_with_a_request_is_told_as_by_a_single_model(endpoint: Several) -> None:
    endpoint.load("m")
    for body, content_type, status in [
        (b"1,2,3\n", "text/csv", 400),
        (b"1,2,x,4\n", "text/csv", 400),
        (b"", "text/csv", 400),
        (ROW, "image/png", 415),
    ]:
        answer = endpoint.client.post("/models/m/invoke", data=body, content_type=content_type)
        assert answer.status_code == status
        assert answer.json["code"] == status
        assert answer.json["error"]["message"] == answer.json["message"]
    assert endpoint.client.post("/models/m/invoke", data=ROW, headers={"Accept": "image/png"}).status_code == 406


def test_pages_hold_every_model_once(endpoint: Several) -> None:
    names = [f"m{place}" for place in range(7)]
    for name in names:
        endpoint.load(name)
    seen, token = [], ""
    while True:
        page = endpoint.client.get(f"/models?limit=3&next_page_token={token}").json
        seen += [model["modelName"] for model in page["models"]]
        endpoint.unload(seen[-1])  # what comes and goes meanwhile moves nothing
        if not (token := page.get("nextPageToken", "")):
            break
    assert seen == names


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=", "limit=1001", "limit=1e2", "next_page_token=%F0", "next_page_token=é"],
)
def test_bad_limit_or_token_is_400(endpoint: Several, query: str) -> None:
    assert endpoint.client.get(f"/models?{query}").status_code == 400


def test_one_model_is_described(endpoint: Several) -> None:
    endpoint.load("m")
    answer = endpoint.client.get("/models/m").json
    assert answer.keys() == {"modelName", "modelUrl", "memoryBytes"}
    assert 1 << 20 < answer["memoryBytes"] < 64 << 20


def test_log_line_names_the_model(endpoint: Several, caplog: Any, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level("INFO", "serving.access")
    endpoint.invoke('evil\n{"forged":1}' + "x" * 500)
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "serving.access" in line]
    assert json.loads(line)["model"] == ('evil\n{"forged":1}' + "x" * 500)[:200]


def test_single_model_has_none_of_these_routes(tmp_path: Path) -> None:
    client = Client(Application(Endpoint(Settings())))
    assert client.get("/models").status_code == 404
    assert client.post("/models", json={}).status_code == 404
