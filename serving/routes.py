"""Every route of an endpoint: what is asked, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


ROUTES = (
    Route("GET", "/ping", invocations.ping, "Whether the model is ready", quiet=True),
    Route("POST", "/invocations", invocations.invoke, "Predictions for the rows in the body"),
    Route("GET", "/execution-parameters", invocations.execution_parameters, "What batch transform asks first"),
    Route("GET", "/metrics", invocations.metrics, "Counts and durations in Prometheus' text format"),
)


def of(endpoint: Endpoint) -> tuple[Route, ...]:
    """The routes that there are for what this endpoint serves."""
    return ROUTES
