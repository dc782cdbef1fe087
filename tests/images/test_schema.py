"""`docker run IMAGE schema` and the endpoint's own description are one document, and true."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import Container

from tests.images.endpoints import ask

pytestmark = pytest.mark.engine


def test_schema_prints_what_the_endpoint_describes(
    trained: Path, reference: str, run: Callable[..., Any], endpoint: Container, hardened: dict[str, Any]
) -> None:
    printed = run(reference, "schema", volumes=[f"{trained}:/opt/ml/model:ro"], **hardened)
    assert printed.code == 0, printed.output
    status, text = ask(endpoint, "GET", "/openapi.json")
    assert status == 200
    document = json.loads(text)
    assert json.loads(printed.output) == document
    operation = document["paths"]["/invocations"]["post"]
    example = operation["requestBody"]["content"]["text/csv"]["example"]
    shown = operation["responses"]["200"]["content"]["text/csv"]["example"]
    assert ask(endpoint, "POST", "/invocations", example) == (200, shown.strip())


def test_schema_without_a_model_is_one_line(reference: str, run: Callable[..., Any], hardened: dict[str, Any]) -> None:
    done = run(reference, "schema", **hardened)
    assert (done.code, done.output.count("\n")) == (1, 1)
    assert done.output.startswith("schema: model: ")
