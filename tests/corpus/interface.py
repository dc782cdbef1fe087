"""What an endpoint takes and answers, as far as the corpus's expectations depend on it. Standard library only."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

EVERY_FORMAT = (
    "text/csv",
    "text/libsvm",
    "application/x-recordio-protobuf",
    "application/json",
    "application/jsonlines",
    "application/x-npy",
)
SECONDS = 30.0


@dataclass(frozen=True)
class Interface:
    """By default what an XGBoost model has."""

    formats: tuple[str, ...] = EVERY_FORMAT
    """The content types of requests."""
    answers: tuple[str, ...] = ("text/csv", "application/json", "application/jsonlines")
    accept: str = "text/csv"
    """The media type of the answer where a request wishes for none."""
    missing_allowed: bool = True
    explains: bool = True
    """Whether it gives SHAP contributions."""

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Interface:
        """As the OpenAPI document of an endpoint has it. Raises ValueError where it names no default."""
        operation = document["paths"]["/invocations"]["post"]
        default = re.search(r"by default ([\w/+-]+)", operation["description"])
        if not default:
            raise ValueError(f"no default media type in {operation['description']!r}")
        return cls(
            formats=tuple(operation["requestBody"]["content"]),
            answers=tuple(operation["responses"]["200"]["content"]),
            accept=default[1],
            missing_allowed="null" in document["components"]["schemas"]["Number"]["type"],
            explains="explain=shap adds" in json.dumps(operation["parameters"]),
        )

    @classmethod
    def of_endpoint(cls, port: int, address: str = "127.0.0.1") -> Interface:
        """As the endpoint describes itself."""
        with closing(http.client.HTTPConnection(address, port, timeout=SECONDS)) as connection:
            connection.request("GET", "/openapi.json")
            return cls.of_document(json.loads(connection.getresponse().read()))


XGBOOST = Interface()
