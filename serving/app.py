"""The web application: a short road for the routes that are hot, a Flask application for every other."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

import orjson

from contract.errors import UserError
from serving import errors, invocation, routes
from serving.answers import Answer
from serving.invocations import Endpoint
from serving.metrics import Metrics
from serving.routes import Route

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

access = logging.getLogger("serving.access")

_LOGGED_CHARACTERS = 200


class Application:
    """A WSGI application. A route without variables is answered at once; what else comes goes through Flask."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._routes = {(route.method, route.path): route for route in routes.of(endpoint)}
        self._patterns = tuple(route for route in self._routes.values() if "<" in route.path)
        endpoint.metrics = Metrics([path for _, path in self._routes], endpoint.settings.workers)

    @cached_property
    def flask(self) -> WSGIApplication:
        from serving import flask_app  # a quarter of a second that the start need not wait for

        return flask_app.create(self.endpoint, tuple(self._routes.values()))

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        route = self._routes.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        variables: dict[str, str] = {}
        if route is None:
            route, variables = self._match(environ)
        if route is None:
            return self.flask(environ, start_response)
        answer = run(route, self.endpoint, environ, **variables)
        start_response(answer.status, headers(answer))
        return (answer.body,) if answer.chunks is None else answer.chunks

    def _match(self, environ: Mapping[str, Any]) -> tuple[Route | None, dict[str, str]]:
        """The route with variables that is asked for, and their values."""
        for route in self._patterns:
            if route.method == environ["REQUEST_METHOD"] and (found := route.match(environ["PATH_INFO"])) is not None:
                return route, found
        return None, {}


def run(route: Route, endpoint: Endpoint, environ: Mapping[str, Any], **variables: str) -> Answer:
    """The route's answer, or that of the error it raised; logged in one line unless the route is quiet."""
    started, identifier = perf_counter(), os.urandom(8).hex()
    endpoint.metrics.began()
    try:
        answer = route.handle(endpoint, environ, **variables)
    except UserError as error:
        answer = errors.answer_error(error)
    except Exception:
        answer = errors.answer_failure(identifier)
    endpoint.metrics.ended(route.path, int(answer.status[:3]))
    inference_id = environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID", "")
    if inference_id and invocation.is_inference_id(inference_id):
        answer = replace(answer, headers=(*answer.headers, (invocation.INFERENCE_ID, inference_id)))
    if not route.quiet or answer.status != "200 OK":
        model = variables.get("name") or environ.get("HTTP_X_AMZN_SAGEMAKER_TARGET_MODEL", "")
        _log(environ, model, answer, identifier, perf_counter() - started)
    return answer


def headers(answer: Answer) -> list[tuple[str, str]]:
    """The headers of an answer; without a Content-Length where it is not known how much is to come."""
    fields = [("Content-Type", answer.content_type), ("X-Content-Type-Options", "nosniff"), *answer.headers]
    if answer.size is not None:
        fields.append(("Content-Length", str(answer.size)))
    return fields


def _log(environ: Mapping[str, Any], model: str, answer: Answer, identifier: str, seconds: float) -> None:
    """One line without any value of the payload; written at once, since logging's own machinery costs 20 us a line."""
    if not access.isEnabledFor(logging.INFO):
        return
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": "info",
        "logger": access.name,
        "request_id": identifier,
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"][:_LOGGED_CHARACTERS],
        "status": int(answer.status[:3]),
        "milliseconds": round(seconds * 1000, 3),
        "bytes_out": answer.size,
    }
    if inference_id := environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID", ""):
        entry["inference_id"] = inference_id[:_LOGGED_CHARACTERS]
    if model:
        entry["model"] = model[:_LOGGED_CHARACTERS]
    with suppress(OSError):  # nobody reads the log any more, or its disk is full: an answer is worth more than its line
        sys.stderr.write(orjson.dumps(entry).decode() + "\n")
