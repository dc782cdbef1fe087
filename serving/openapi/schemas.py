"""Schemas of what is JSON: rows as contract.codecs.instances reads them, and errors."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np

from contract.manifest import Schema
from serving.model import Model

_ROUNDS_TO_INFINITY = float(np.finfo(np.float32).max) + 2.0**103


def of(model: Model | None) -> dict[str, Any]:
    """By name; without a bound on the width where the model is not known."""
    known = model.schema if model else Schema(0)
    absent = "missing or 0, as the algorithm has it" if model is None else _absent(model.manners.absent)
    return {
        "Number": _number(known),
        "Row": _row(known),
        "Features": {"anyOf": [reference("Row"), object_of(values=reference("Row")), _sparse(absent)]},
        **_INSTANCES,
        "Error": object_of(error=_ERROR),
        "ModelError": _MODEL_ERROR,
    }


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An array of at least one of `items`."""
    return {"type": "array", "items": items, "minItems": 1, **more}


def object_of(optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An object of these keys and no other."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _number(schema: Schema) -> dict[str, Any]:
    kind = ["number", "null"] if schema.missing_allowed else "number"
    return {"type": kind, "exclusiveMinimum": -_ROUNDS_TO_INFINITY, "exclusiveMaximum": _ROUNDS_TO_INFINITY}


def _row(schema: Schema) -> dict[str, Any]:
    """One number a feature, each named where the model names its features."""
    number = reference("Number")
    width = {"minItems": schema.count, "maxItems": schema.count} if schema.count else {}
    named = {"prefixItems": [{"title": name, **number} for name in schema.names]} if schema.names else {}
    return listed(number, description="One row: a number for each feature", **width, **named)


def _absent(value: float) -> str:
    return "missing" if isnan(value) else f"{value:g}"


def _sparse(absent: str) -> dict[str, Any]:
    return {
        "description": f"A row by its columns, counted from 0 and ascending; those that are not there are {absent}",
        **object_of(
            keys={"type": "array", "items": {"type": "integer", "minimum": 0}, "uniqueItems": True},
            values={"type": "array", "items": reference("Number")},
            shape=listed({"type": "integer"}, description="Its last number is that of the features"),
        ),
    }


_INSTANCES = {
    "Instance": {
        "anyOf": [
            reference("Row"),
            object_of(("configuration",), features=reference("Features"), configuration={}),
            object_of(("configuration",), data=object_of(features=reference("Features")), configuration={}),
        ]
    },
    "Instances": {
        "anyOf": [
            object_of(("configuration",), instances=listed(reference("Instance")), configuration={}),
            listed(reference("Instance")),
            reference("Row"),
        ]
    },
}
_TEXT = {"type": "string"}
_ERROR = object_of(
    code={**_TEXT, "description": "The kind, for programs"},
    message={**_TEXT, "description": "What is wrong, the value, and what is accepted"},
    where={**_TEXT, "description": "Which header, or which row or line and column of the body; or nothing"},
)
_MODEL_ERROR = object_of(
    code={"type": "integer", "description": "The status"},
    type={**_TEXT, "description": "As Multi Model Server calls it"},
    message=_TEXT,
    error=_ERROR,
)
