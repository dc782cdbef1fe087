"""Every route of an endpoint: what is asked, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
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
    """With variables as Flask writes them: /models/<path:name>."""
    handle: Handler
    meaning: str
    quiet: bool = False
    """Not logged where all is well."""

    def match(self, path: str) -> dict[str, str] | None:
        """The values of the variables in a WSGI path; None where it is not this route's."""
        found = self._pattern.fullmatch(path.encode("latin-1").decode("utf-8", "replace"))
        return None if found is None else found.groupdict()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub("<path:([a-z]+)>", r"(?P<\1>.+)", self.path), re.DOTALL)


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
    return (*ROUTES, *_of_models()) if endpoint.settings.multi_model else ROUTES


def _of_models() -> tuple[Route, ...]:
    from serving.models import management  # paid for by endpoints of several models only

    return (
        Route("POST", "/models", management.load, "Load a model"),
        Route("GET", "/models", management.listing, "The models that are loaded"),
        Route("GET", "/models/<path:name>", management.describe, "One model that is loaded"),
        Route("DELETE", "/models/<path:name>", management.unload, "Unload a model"),
        Route("POST", "/models/<path:name>/invoke", management.invoke, "Predictions of one model"),
    )
