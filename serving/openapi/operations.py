"""What each route takes and answers; serving.routes says what it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from serving.invocations import Endpoint
from serving.models.remote import TARGET
from serving.openapi import bodies, management, schemas
from serving.openapi.parts import ANYTHING, COUNT, INVOCATION_REFUSALS, SCRIPT, TEXT, headers, json, refusals
from serving.settings import UNBOUNDED

_TARGET: dict[str, Any] = {"name": TARGET, "in": "header", "required": True, "schema": TEXT}


def _ping(endpoint: Endpoint) -> dict[str, Any]:
    return {"responses": {"200": {"description": "Ready; the body is empty"}, **refusals("not_ready")}}


def _invocations(endpoint: Endpoint) -> dict[str, Any]:
    service, settings = endpoint.service, endpoint.settings
    taken = given = ANYTHING
    model, others = None, {"default": SCRIPT}
    if settings.multi_model:
        others |= refusals(*INVOCATION_REFUSALS, "not_found", "out_of_memory")
    elif service is not None and (model := service.model) is not None:
        taken, given, others = bodies.requests(model), bodies.responses(service, model), {}
    most = "Of any size" if settings.payload_bytes == UNBOUNDED else f"At most {settings.payload_bytes} bytes"
    return {
        "description": f"Answers in the media type that the header Accept wishes for, by default {_default(endpoint)}.",
        "parameters": [_TARGET, *headers()] if settings.multi_model else headers(model),
        "requestBody": {"description": most, "required": True, "content": taken},
        "responses": {
            "200": {"description": "Predictions, one a row", "content": given},
            **refusals(*INVOCATION_REFUSALS),
            **others,
        },
    }


def _default(endpoint: Endpoint) -> str:
    """A model's own code has a default of its own; of several models each may bring code, or none."""
    service, settings = endpoint.service, endpoint.settings
    if settings.multi_model and settings.user_code and settings.accept not in ("", settings.script_accept):
        return f"{settings.accept}, or {settings.script_accept} where a model brings its own code"
    if service is not None and service.model is not None:
        return settings.accept or service.model.manners.accept
    return settings.accept if settings.accept and settings.multi_model else settings.script_accept


def _execution_parameters(endpoint: Endpoint) -> dict[str, Any]:
    parameters = schemas.object_of(
        MaxConcurrentTransforms=COUNT,
        BatchStrategy={"enum": ["MULTI_RECORD", "SINGLE_RECORD"]},
        MaxPayloadInMB={"type": "integer", "minimum": 0},
    )
    return {"responses": {"200": json("Parameters to ask a batch transform job for", parameters), **refusals()}}


def _openapi(endpoint: Endpoint) -> dict[str, Any]:
    return {"responses": {"200": json("An OpenAPI document", {"type": "object"}), **refusals("not_ready")}}


def _metrics(endpoint: Endpoint) -> dict[str, Any]:
    content = {"text/plain": {"schema": TEXT}}
    return {"responses": {"200": {"description": "Metrics of all workers", "content": content}, **refusals()}}


OPERATIONS: Mapping[str, Callable[[Endpoint], dict[str, Any]]] = {
    "GET /ping": _ping,
    "POST /invocations": _invocations,
    "GET /execution-parameters": _execution_parameters,
    "GET /openapi.json": _openapi,
    "GET /metrics": _metrics,
    **management.OPERATIONS,
}
