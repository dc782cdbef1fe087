"""What the routes of an endpoint with several models take and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from serving.invocations import Endpoint
from serving.models.management import MOST_A_PAGE, PAGE
from serving.openapi import schemas
from serving.openapi.parts import (
    ANYTHING,
    BODY_REFUSALS,
    COUNT,
    INVOCATION_REFUSALS,
    SCRIPT,
    TEXT,
    headers,
    json,
    refusals,
)

_MODEL: dict[str, Any] = {"modelName": TEXT, "modelUrl": TEXT}
_DONE = json("Done", schemas.object_of(status=TEXT))


def _load(endpoint: Endpoint) -> dict[str, Any]:
    request = schemas.object_of(model_name=TEXT, url={**TEXT, "description": "The model's directory"})
    request["additionalProperties"] = True
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": {"200": _DONE, **_refusals(*BODY_REFUSALS, "not_found", "conflict", "out_of_memory")},
    }


def _listing(endpoint: Endpoint) -> dict[str, Any]:
    limit = {**COUNT, "maximum": MOST_A_PAGE, "default": PAGE}
    models = {"type": "array", "items": schemas.object_of((), **_MODEL)}
    page = schemas.object_of(("nextPageToken",), models=models, nextPageToken=TEXT)
    return {
        "parameters": [
            {"name": "limit", "in": "query", "schema": limit},
            {"name": "next_page_token", "in": "query", "schema": {"type": "string"}},
        ],
        "responses": {"200": json("A page of them, by their names", page), **_refusals("bad_input", "not_ready")},
    }


def _describe(endpoint: Endpoint) -> dict[str, Any]:
    model = schemas.object_of((), **_MODEL, memoryBytes=COUNT)
    return {"responses": {"200": json("The model", model), **_refusals("not_found", "not_ready")}}


def _unload(endpoint: Endpoint) -> dict[str, Any]:
    return {"responses": {"200": _DONE, **_refusals("not_found", "not_ready")}}


def _invoke(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "parameters": headers(),
        "requestBody": {"required": True, "content": ANYTHING},
        "responses": {
            "200": {"description": "Predictions, one a row", "content": ANYTHING},
            **_refusals(*INVOCATION_REFUSALS, "not_found", "out_of_memory"),
            "default": SCRIPT,
        },
    }


def _refusals(*codes: str) -> dict[str, Any]:
    return refusals(*codes, error="ModelError")


OPERATIONS: Mapping[str, Callable[[Endpoint], dict[str, Any]]] = {
    "POST /models": _load,
    "GET /models": _listing,
    "GET /models/<path:name>": _describe,
    "DELETE /models/<path:name>": _unload,
    "POST /models/<path:name>/invoke": _invoke,
}
