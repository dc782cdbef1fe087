"""The document as a whole. Source: OpenAPI Specification 3.1.0, whose schemas are JSON Schema 2020-12."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from serving.invocations import Endpoint
from serving.openapi import schemas
from serving.openapi.operations import OPERATIONS
from serving.routes import Route

_BEFORE_ROUTES = (
    "What is no sound HTTP is refused before any route, in the form of Error: 400, 408 (too slow), 414 and 431 (too "
    "long), 417 and 501 (an expectation or a transfer coding that is not known). What is none of the routes is 404, or "
    "405 where another method is."
)
_VARIABLE = re.compile(r"<path:([a-z]+)>")


def build(endpoint: Endpoint, routes: Iterable[Route]) -> dict[str, Any]:
    """The description of `routes` for the model that `endpoint` serves; it answers one row to show an answer."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(_VARIABLE.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route, endpoint)
    model = endpoint.service.model if endpoint.service else None
    return {
        "openapi": "3.1.0",
        "info": {"title": "SageMaker endpoint", "version": "1.0.0", "description": _BEFORE_ROUTES},
        "paths": paths,
        "components": {"schemas": schemas.of(model)},
    }


def _operation(route: Route, endpoint: Endpoint) -> dict[str, Any]:
    parts = OPERATIONS[f"{route.method} {route.path}"](endpoint)
    variables = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _VARIABLE.findall(route.path)
    ]
    if variables:
        parts["parameters"] = [*variables, *parts.get("parameters", ())]
    return {"summary": route.meaning, **parts}
