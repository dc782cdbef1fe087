"""/openapi.json: a valid document that leaves no route out and whose examples are true."""

from __future__ import annotations

import inspect
import json
import re
from http import HTTPStatus
from typing import Any, cast

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import Client

from serving import openapi, routes
from serving.answers import WRITERS
from serving.app import Application
from serving.http import connection, head
from serving.invocations import Endpoint
from serving.manners import REQUEST_FORMATS
from serving.openapi.operations import OPERATIONS
from serving.service import Service
from serving.settings import Settings


@pytest.fixture
def client(serve: Any) -> Any:
    return serve("binary:logistic")


@pytest.fixture
def document(client: Any) -> Any:
    return client.get("/openapi.json").json


def test_document_is_valid_openapi(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_no_route_is_left_out(document: Any) -> None:
    there = {(route.method.lower(), route.path) for route in routes.of(Endpoint(Settings()))}
    assert {(method, path) for path, methods in document["paths"].items() for method in methods} == there


def test_no_route_of_several_models_is_left_out() -> None:
    endpoint = Endpoint(Settings(multi_model=True))
    document = openapi.build(endpoint, routes.of(endpoint))
    OpenAPIV31SpecValidator(document).validate()
    there = {(route.method.lower(), route.path.replace("<path:name>", "{name}")) for route in routes.of(endpoint)}
    assert {(method, path) for path, methods in document["paths"].items() for method in methods} == there
    assert set(OPERATIONS) == {f"{route.method} {route.path}" for route in routes.of(endpoint)}


def test_refusals_of_the_connection_are_named(document: Any) -> None:
    sources = inspect.getsource(connection) + inspect.getsource(head)
    statuses = {HTTPStatus[name] for name in re.findall(r"HTTPStatus\.([A-Z_]+)", sources)}
    told = {int(status) for status in re.findall(r"[45][0-9]{2}", document["info"]["description"])}
    assert told == statuses - {HTTPStatus.INTERNAL_SERVER_ERROR} | {404, 405}


def test_every_format_is_there(document: Any) -> None:
    operation = document["paths"]["/invocations"]["post"]
    assert list(operation["requestBody"]["content"]) == list(REQUEST_FORMATS)
    assert set(operation["responses"]["200"]["content"]) == set(WRITERS)


def shown(operation: Any) -> dict[str, Any]:
    """The answers' examples; recordio-protobuf has none, since JSON holds no bytes."""
    content = operation["responses"]["200"]["content"]
    return {name: one["example"] for name, one in content.items() if name != "application/x-recordio-protobuf"}


def test_examples_are_accepted_and_answered_as_shown(client: Any, document: Any) -> None:
    operation = document["paths"]["/invocations"]["post"]
    requests = {name: one["example"] for name, one in operation["requestBody"]["content"].items() if "example" in one}
    assert set(requests) == {name for name in REQUEST_FORMATS if name.startswith("text/") or "json" in name}
    for content_type, example in requests.items():
        body = example if isinstance(example, str) else json.dumps(example)
        for accept, expected in shown(operation).items():
            answer = client.post("/invocations", data=body, content_type=content_type, headers={"Accept": accept})
            assert (answer.status_code, answer.mimetype) == (200, accept)
            assert (answer.json if accept == "application/json" else answer.text) == expected


def test_rows_are_as_wide_as_the_model(document: Any) -> None:
    schemas = document["components"]["schemas"]
    assert (schemas["Row"]["minItems"], schemas["Row"]["maxItems"]) == (4, 4)
    assert schemas["Number"]["type"] == ["number", "null"]


@pytest.mark.parametrize("settings", [{"batch": True}, {"outputs": ("predicted_label", "labels")}])
def test_answers_are_those_of_the_settings(serve: Any, settings: dict[str, Any]) -> None:
    client = serve("multi:softprob", **settings)
    document = client.get("/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    for accept, expected in shown(document["paths"]["/invocations"]["post"]).items():
        answer = client.post("/invocations", data="0,0,0,0", content_type="text/csv", headers={"Accept": accept})
        assert (answer.json if accept == "application/json" else answer.text) == expected


def test_every_objective_has_a_description(serve: Any, kind: str) -> None:
    OpenAPIV31SpecValidator(serve(kind).get("/openapi.json").json).validate()


def test_of_a_model_with_code_of_its_own_nothing_is_known() -> None:
    class Script:
        model = None

    document = openapi.build(Endpoint(Settings(), cast(Service, Script())), routes.ROUTES)
    OpenAPIV31SpecValidator(document).validate()
    operation = document["paths"]["/invocations"]["post"]
    assert operation["requestBody"]["content"] == operation["responses"]["200"]["content"] == {"*/*": {}}
    assert operation["description"].endswith(" by default application/json.")


@pytest.mark.parametrize(
    ("wanted", "default"),
    [
        ({"accept": "text/csv"}, "text/csv"),
        (
            {"user_code": True, "accept": "text/csv"},
            "text/csv, or application/json where a model brings its own code",
        ),
        ({"user_code": True}, "application/json"),
        ({"user_code": True, "accept": "image/png", "script_accept": "image/png"}, "image/png"),
    ],
)
def test_of_several_models_each_may_have_its_default(wanted: dict[str, Any], default: str) -> None:
    endpoint = Endpoint(Settings(multi_model=True, **wanted))
    document = openapi.build(endpoint, routes.of(endpoint))
    assert document["paths"]["/invocations"]["post"]["description"].endswith(f" by default {default}.")


def test_default_of_the_algorithm_is_named(document: Any) -> None:
    assert document["paths"]["/invocations"]["post"]["description"].endswith(" by default text/csv.")


def test_503_until_the_model_is_loaded() -> None:
    assert Client(Application(Endpoint(Settings()))).get("/openapi.json").status_code == 503
