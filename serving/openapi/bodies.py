"""What goes in and out of an invocation, one media type each: schemas and examples of one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from serving import answers
from serving.invocation import Invocation
from serving.model import Model
from serving.openapi import schemas
from serving.service import Service

_TEXT = {"type": "string", "minLength": 1}


def requests(model: Model) -> dict[str, Any]:
    """Each request format; the examples are a row of zeros."""
    formats = {}
    for name in model.manners.formats:
        description, example = _FORMATS[name]
        formats[name] = dict(description)
        if example is not None:
            formats[name]["example"] = example(model.schema.count)
    return formats


def responses(service: Service, model: Model) -> dict[str, Any]:
    """Each answer format, with the service's own answer to a row of zeros."""
    row = _csv(model.schema.count).encode()
    formats = {}
    for accept in answers.WRITERS:
        answer = service.respond(Invocation(row, "text/csv", accept))
        formats[answer.content_type] = _response(answer.content_type, answer.body)
    return formats


def _response(content_type: str, body: bytes) -> dict[str, Any]:
    if content_type == "application/json":
        example = orjson.loads(body)
        return {"schema": _like(example), "example": example}
    if content_type in _BINARY:
        return {}
    return {"schema": _TEXT, "example": body.decode()}


def _like(example: object) -> dict[str, Any]:
    """The schema of answers of the same form as `example`; numbers that are not finite are null."""
    if isinstance(example, dict):
        # Custom attributes may ask for more keys than these.
        properties = {name: _like(value) for name, value in example.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(example, list):
        return {"type": "array", "items": _like(example[0]) if example else {}}
    return {} if example is None else {"type": [_TEXT["type"] if isinstance(example, str) else "number", "null"]}


def _csv(width: int) -> str:
    return ",".join("0" * width) + "\n"


def _libsvm(width: int) -> str:
    return " ".join(f"{column}:0" for column in range(width)) + "\n"


def _json(width: int) -> object:
    return {"instances": [{"features": [0] * width}]}


def _jsonlines(width: int) -> str:
    return orjson.dumps({"features": [0] * width}).decode() + "\n"


_BINARY = ("application/x-recordio-protobuf", "application/x-npy")
_FORMATS: Mapping[str, tuple[dict[str, Any], Callable[[int], object] | None]] = {
    "text/csv": ({"schema": {**_TEXT, "description": "A row a line, without a header and without the label"}}, _csv),
    "text/libsvm": (
        {"schema": {**_TEXT, "description": "<column>:<value> ... a line; a label before it is passed over"}},
        _libsvm,
    ),
    "application/json": ({"schema": schemas.reference("Instances")}, _json),
    "application/jsonlines": ({"schema": {**_TEXT, "description": "An Instance a line"}}, _jsonlines),
    "application/x-npy": ({"schema": {"description": "A matrix (rows, features) as numpy.save writes it"}}, None),
    "application/x-recordio-protobuf": ({"schema": {"description": "Records of aialgs.data in RecordIO frames"}}, None),
}
