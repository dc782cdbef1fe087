"""What each route takes and answers; serving.routes says what it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contract import limits
from serving import errors
from serving.invocation import ATTRIBUTES
from serving.invocations import Endpoint
from serving.openapi import bodies, schemas
from serving.predictions import EXPLAIN

_ANYTHING: dict[str, Any] = {"*/*": {}}
_INTEGER = {"type": "integer", "minimum": 1}
_BODY_REFUSALS = (
    "bad_input",
    "not_acceptable",
    "slow_body",
    "too_large",
    "unsupported_content_type",
    "not_ready",
)


def _ping(endpoint: Endpoint) -> dict[str, Any]:
    return {"responses": {"200": {"description": "Ready; the body is empty"}, **_refusals("not_ready")}}


def _invocations(endpoint: Endpoint) -> dict[str, Any]:
    service, default = endpoint.service, endpoint.settings.accept
    if service is None or service.model is None:
        taken = given = _ANYTHING
        others = {"default": {"description": "Whatever the model's own code answers"}}
    else:
        schema = service.model.schema
        taken, given, others = bodies.requests(schema), bodies.responses(service, schema), {}
    return {
        "description": f"The answer has the media type that the header Accept wishes for, by default {default}.",
        "parameters": _HEADERS,
        "requestBody": {
            "description": f"At most {endpoint.settings.payload_bytes} bytes",
            "required": True,
            "content": taken,
        },
        "responses": {
            "200": {"description": "Predictions, one a row", "content": given},
            **_refusals(*_BODY_REFUSALS),
            **others,
        },
    }


def _execution_parameters(endpoint: Endpoint) -> dict[str, Any]:
    parameters = schemas.object_of(
        MaxConcurrentTransforms=_INTEGER,
        BatchStrategy={"enum": ["MULTI_RECORD", "SINGLE_RECORD"]},
        MaxPayloadInMB=_INTEGER,
    )
    return {"responses": {"200": _json("Parameters to ask a batch transform job for", parameters), **_refusals()}}


def _openapi(endpoint: Endpoint) -> dict[str, Any]:
    return {"responses": {"200": _json("An OpenAPI document", {"type": "object"}), **_refusals("not_ready")}}


def _metrics(endpoint: Endpoint) -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {"responses": {"200": {"description": "Metrics of all workers", "content": content}, **_refusals()}}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(*codes: str) -> dict[str, Any]:
    """The answers to errors of these codes, and to a failure of the server; all have one form."""
    answers = {}
    for status in sorted({"500 Internal Server Error", *map(errors.status, codes)}):
        number, _, name = status.partition(" ")
        answers[number] = _json(name, schemas.reference("Error"))
        if number == "503":
            answers[number]["headers"] = {"Retry-After": {"description": "Seconds", "schema": _INTEGER}}
    return answers


def _header(name: str, description: str, length: int) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": length, "pattern": "^[ -~]*$"}
    return {"name": name, "in": "header", "description": description, "schema": schema}


_HEADERS = [
    _header(ATTRIBUTES, f"Parted by commas; {EXPLAIN} adds SHAP contributions", limits.CUSTOM_ATTRIBUTES_CHARACTERS),
]
OPERATIONS: Mapping[str, Callable[[Endpoint], dict[str, Any]]] = {
    "GET /ping": _ping,
    "POST /invocations": _invocations,
    "GET /execution-parameters": _execution_parameters,
    "GET /openapi.json": _openapi,
    "GET /metrics": _metrics,
}
