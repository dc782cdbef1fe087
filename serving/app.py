"""The web application: a short road for the routes, a Flask application for what is none."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    """A WSGI application. The routes are answered at once; what else comes (HEAD, 404, 405) goes through Flask."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._routes = {(route.method, route.path): route for route in routes.of(endpoint)}
        self._patterns = tuple(route for route in self._routes.values() if "<" in route.path)
        endpoint.metrics = Metrics([path for _, path in self._routes], endpoint.settings.workers)

    @cached_property
    def flask(self) -> WSGIApplication:
        """Made where it is first needed, beside the event loop: to load it takes a quarter of a second."""
        return self.endpoint.concurrency.store(self._make_flask)

    def _make_flask(self) -> WSGIApplication:
        from serving import flask_app

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


class Streamed:
    """Chunks of an answer, which is only over when its server closes it: sent, broken off, or its client gone."""

    def __init__(self, chunks: Iterable[bytes], end: Callable[..., None]) -> None:
        self._chunks = chunks
        self._end = end
        self._size = 0
        self._whole = True

    def __iter__(self) -> Iterator[bytes]:
        self._whole = False
        for chunk in self._chunks:
            self._size += len(chunk)
            yield chunk
        self._whole = True

    def close(self) -> None:
        if hasattr(self._chunks, "close"):
            self._chunks.close()
        self._end(self._size, whole=self._whole)


def run(route: Route, endpoint: Endpoint, environ: Mapping[str, Any], **variables: str) -> Answer:
    """The route's answer, or that of the error it raised; at its end it is counted and, unless quiet, logged."""
    # Of its own in each process: Python seeds anew after a fork.
    started, identifier = perf_counter(), f"{random.getrandbits(64):016x}"
    endpoint.metrics.began()
    try:
        answer = route.handle(endpoint, environ, **variables)
    except UserError as error:
        answer = errors.answer_error(error)
    except Exception:
        answer = errors.answer_failure(identifier)
    inference_id = environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID", "")
    if inference_id and invocation.is_inference_id(inference_id):
        answer = replace(answer, headers=(*answer.headers, (invocation.INFERENCE_ID, inference_id)))

    def end(size: int, *, whole: bool = True) -> None:
        endpoint.metrics.ended(route.path, int(answer.status[:3]))
        if not route.quiet or answer.status != "200 OK":
            model = variables.get("name") or environ.get("HTTP_X_AMZN_SAGEMAKER_TARGET_MODEL", "")
            _log(environ, model, answer.status, size, identifier, perf_counter() - started, whole=whole)

    if answer.chunks is not None:
        return replace(answer, chunks=Streamed(answer.chunks, end))
    end(len(answer.body))
    return answer


def headers(answer: Answer) -> list[tuple[str, str]]:
    """The headers of an answer; without a Content-Length where it is not known how much is to come."""
    fields = [("Content-Type", answer.content_type), ("X-Content-Type-Options", "nosniff"), *answer.headers]
    if answer.size is not None:
        fields.append(("Content-Length", str(answer.size)))
    return fields


def _log(
    environ: Mapping[str, Any],
    model: str,
    status: str,
    size: int,
    identifier: str,
    seconds: float,
    *,
    whole: bool,
) -> None:
    """One line without any value of the payload; written at once, since logging's own machinery costs 20 us a line."""
    if not access.isEnabledFor(logging.INFO):
        return
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": "info",
        "logger": access.name,
        "request_id": identifier,
        "method": environ["REQUEST_METHOD"],
        "path": _plain(environ["PATH_INFO"]),
        "status": int(status[:3]),
        "milliseconds": round(seconds * 1000, 3),
        "bytes_out": size,
    }
    if not whole:
        entry["broke_off"] = True
    if inference_id := environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID", ""):
        entry["inference_id"] = _plain(inference_id)
    if model:
        entry["model"] = _plain(model)
    with suppress(OSError):  # nobody reads the log any more, or its disk is full: an answer is worth more than its line
        sys.stderr.write(orjson.dumps(entry).decode() + "\n")


def _plain(text: str) -> str:
    """The beginning of what a client sent, without what a terminal would obey: JSON escapes only half of that."""
    return text[:_LOGGED_CHARACTERS].encode("ascii", "backslashreplace").decode()
