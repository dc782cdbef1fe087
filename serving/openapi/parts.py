"""Pieces of an operation that several have."""

from __future__ import annotations

from typing import Any

from contract import limits
from serving import errors
from serving.invocation import ATTRIBUTES, INFERENCE_ID
from serving.openapi import schemas
from serving.predictions import EXPLAIN

COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
ANYTHING: dict[str, Any] = {"*/*": {}}
SCRIPT = {"description": "Whatever a model's own code answers"}
BODY_REFUSALS = ("bad_input", "slow_body", "too_large", "unsupported_encoding", "not_ready")
"""The codes of errors that every request with a body can meet."""
INVOCATION_REFUSALS = (*BODY_REFUSALS, "not_acceptable", "unsupported_content_type", "busy", "insufficient_storage")
HEADERS: list[dict[str, Any]] = [
    {
        "name": ATTRIBUTES,
        "in": "header",
        "description": f"Parted by commas; {EXPLAIN} adds SHAP contributions",
        "schema": {"type": "string", "maxLength": limits.CUSTOM_ATTRIBUTES_CHARACTERS, "pattern": "^[ -~]*$"},
    },
    {"name": INFERENCE_ID, "in": "header", "description": "Comes back with the answer", "schema": {"type": "string"}},
]


def json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An answer that is JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def refusals(*codes: str, error: str = "Error") -> dict[str, Any]:
    """The answers to errors of these codes, in the form of the schema `error`, and to a failure of the server."""
    answers = {}
    for status in sorted(set(map(errors.status, codes))):
        number, _, name = status.partition(" ")
        answers[number] = json(name, schemas.reference(error))
        if number == "503":
            answers[number]["headers"] = {"Retry-After": {"description": "Seconds", "schema": COUNT}}
    return {**answers, "500": json("Internal Server Error", schemas.reference("Error"))}
