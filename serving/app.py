"""The web application: a Flask application for every route, and a short road past it for the two that are hot."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from contract.errors import UserError
from serving import errors, invocations
from serving.answers import Answer
from serving.invocations import Endpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

access = logging.getLogger("serving.access")

Route = Callable[[Endpoint, Mapping[str, Any]], Answer]

_DRAIN_BYTES, _DRAIN_SECONDS = 64 * 1024 * 1024, 2.0
_LOGGED_CHARACTERS = 200


class Application:
    """A WSGI application. /ping and /invocations are answered at once; what else comes goes through Flask."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.flask = _flask(endpoint)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        route = _HOT.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if route is None:
            return self.flask(environ, start_response)
        answer = run(route, self.endpoint, environ)
        start_response(answer.status, headers(answer))
        return _drained(self.endpoint, environ, answer.body) if answer.unread else (answer.body,)


def run(route: Route, endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """The route's answer, or that of the error it raised; logged in one line, but for a ping that is well."""
    started, identifier = perf_counter(), os.urandom(8).hex()
    try:
        answer = route(endpoint, environ)
    except UserError as error:
        answer = errors.answer_error(error)
    except Exception:
        answer = errors.answer_failure(identifier)
    if route is not invocations.ping or answer.status != "200 OK":
        _log(environ, answer, identifier, perf_counter() - started)
    return answer


def headers(answer: Answer) -> list[tuple[str, str]]:
    fields = [
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        ("X-Content-Type-Options", "nosniff"),
        *answer.headers,
    ]
    return [*fields, ("Connection", "close")] if answer.unread else fields


def _drained(endpoint: Endpoint, environ: Mapping[str, Any], content: bytes) -> Iterator[bytes]:
    """The answer, then the rest of the refused body is read: closed on, a client that still sends sees no answer."""
    yield content
    try:
        with endpoint.concurrency.limit(_DRAIN_SECONDS):
            left = _DRAIN_BYTES
            while left > 0 and (data := environ["wsgi.input"].read(1 << 16)):
                left -= len(data)
    except Exception:  # the connection is closed in any case
        return


def _log(environ: Mapping[str, Any], answer: Answer, identifier: str, seconds: float) -> None:
    """One line without any value of the payload; written at once, since logging's own machinery costs 20 us a line."""
    if not access.isEnabledFor(logging.INFO):
        return
    entry = {
        "level": "info",
        "logger": access.name,
        "request_id": identifier,
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"][:_LOGGED_CHARACTERS],
        "status": int(answer.status[:3]),
        "milliseconds": round(seconds * 1000, 3),
        "bytes_out": len(answer.body),
    }
    sys.stderr.write(orjson.dumps(entry).decode() + "\n")


def _flask(endpoint: Endpoint) -> Flask:
    flask = Flask(__name__, static_folder=None)
    for path, (method, route) in _ROUTES.items():
        view = _view(route, endpoint)
        flask.add_url_rule(path, path, view, methods=[method], provide_automatic_options=False)
    flask.register_error_handler(HTTPException, _http_error)
    flask.register_error_handler(Exception, _failure)
    return flask


def _view(route: Route, endpoint: Endpoint) -> Callable[[], Response]:
    return lambda: _response(run(route, endpoint, request.environ))


def _http_error(error: HTTPException) -> Response:
    """404 and 405 of the routing, and whatever else Flask refuses, in the one form of an error."""
    code = error.name.lower().replace(" ", "_")
    message = _ROUTES_TOLD if error.code in _OF_ROUTING else error.description or error.name
    body = errors.write(code, message, f"{request.method} {request.path}")
    allowed = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return _response(Answer(f"{error.code} {error.name}", body, headers=tuple(allowed)))


def _failure(error: Exception) -> Response:
    return _response(errors.answer_failure(os.urandom(8).hex()))


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, headers(answer))


_HOT: Mapping[tuple[str, str], Route] = {
    ("GET", "/ping"): invocations.ping,
    ("POST", "/invocations"): invocations.invoke,
}
_ROUTES: Mapping[str, tuple[str, Route]] = {
    "/ping": ("GET", invocations.ping),
    "/invocations": ("POST", invocations.invoke),
    "/execution-parameters": ("GET", invocations.execution_parameters),
}
_OF_ROUTING = (404, 405)
_ROUTES_TOLD = "no such route; there are " + ", ".join(f"{method} {path}" for path, (method, _) in _ROUTES.items())
