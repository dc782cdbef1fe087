"""Every route of an endpoint: what is asked, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from serving import invocations
from serving.answers import Answer
from serving.invocations import Endpoint

Handler = Callable[..., Answer]
"""(endpoint, WSGI environment, **variables of the path) -> Answer. Raises UserError for what the client can mend."""


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    """With variables as Flask writes them: /models/<name>."""
    handle: Handler
    meaning: str
    quiet: bool = False
    """Not logged where all is well."""


def describe(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """What `schema` prints, too."""
    from serving import openapi  # nobody else pays for it

    invocations.loaded(endpoint)
    document = endpoint.concurrency.compute(lambda: openapi.build(endpoint, of(endpoint)), quick=False)
    return Answer("200 OK", orjson.dumps(document))


ROUTES = (
    Route("GET", "/ping", invocations.ping, "Whether the model is ready", quiet=True),
    Route("POST", "/invocations", invocations.invoke, "Predictions for the rows in the body"),
    Route("GET", "/execution-parameters", invocations.execution_parameters, "What batch transform asks first"),
    Route("GET", "/openapi.json", describe, "This description: of the routes, of a request and its answer"),
    Route("GET", "/metrics", invocations.metrics, "Counts and durations in Prometheus' text format"),
)


def of(endpoint: Endpoint) -> tuple[Route, ...]:
    """The routes that there are for what this endpoint serves."""
    return ROUTES
