"""Pieces of an operation that several have."""

from __future__ import annotations

from typing import Any

from contract import limits
from serving import errors
from serving.invocation import ATTRIBUTES, INFERENCE_ID
from serving.model import Model
from serving.openapi import schemas
from serving.predictions import EXPLAIN

COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
ANYTHING: dict[str, Any] = {"*/*": {}}
SCRIPT = {"description": "Whatever a model's own code answers"}
BODY_REFUSALS = ("bad_input", "slow_body", "too_large", "unsupported_encoding", "not_ready")
"""The codes of errors that every request with a body can meet."""
INVOCATION_REFUSALS = (*BODY_REFUSALS, "not_acceptable", "unsupported_content_type", "busy", "insufficient_storage")
_ATTRIBUTES: dict[str, Any] = {
    "name": ATTRIBUTES,
    "in": "header",
    "schema": {"type": "string", "maxLength": limits.CUSTOM_ATTRIBUTES_CHARACTERS, "pattern": "^[ -~]*$"},
}
_ID = {"name": INFERENCE_ID, "in": "header", "description": "Comes back with the answer", "schema": {"type": "string"}}
_EXPLAINED = {
    True: "adds SHAP contributions",
    False: "is refused: its algorithm gives no SHAP contributions",
    None: "adds SHAP contributions where the model's algorithm gives them",
}


def headers(model: Model | None = None) -> list[dict[str, Any]]:
    """What an invocation may have beside those of HTTP; None where the model is not known."""
    explained = _EXPLAINED[None if model is None else model.manners.explains]
    return [{**_ATTRIBUTES, "description": f"Parted by commas; {EXPLAIN} {explained}"}, _ID]


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
