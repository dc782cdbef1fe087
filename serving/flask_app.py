"""The Flask application: HEAD of what answers GET, and everything that is no route of ours."""

from __future__ import annotations

import os
from collections.abc import Callable

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from serving import app, errors
from serving.answers import Answer
from serving.invocations import Endpoint
from serving.metrics import OTHER
from serving.routes import Route

_OF_ROUTING = (404, 405)


def create(endpoint: Endpoint, routes: tuple[Route, ...]) -> Flask:
    flask = Flask(__name__, static_folder=None)
    flask.url_map.merge_slashes = False  # a model's name may hold two in a row
    for route in routes:
        name = f"{route.method} {route.path}"
        view = _view(route, endpoint)
        flask.add_url_rule(route.path, name, view, methods=[route.method], provide_automatic_options=False)
    told = "no such route; there are " + ", ".join(f"{route.method} {route.path}" for route in routes)

    def refuse(error: HTTPException) -> Response:
        refusing = Route(request.method, OTHER, lambda endpoint, environ: _http_error(error, told), "")
        return _response(app.run(refusing, endpoint, request.environ))

    flask.before_request(_refuse_leading_slashes)
    flask.register_error_handler(HTTPException, refuse)
    flask.register_error_handler(Exception, _failure)
    return flask


def _refuse_leading_slashes() -> None:
    """Flask would take //ping for /ping."""
    if request.environ["PATH_INFO"].startswith("//"):
        raise NotFound


def _view(route: Route, endpoint: Endpoint) -> Callable[..., Response]:
    return lambda **variables: _response(app.run(route, endpoint, request.environ, **variables))


def _http_error(error: HTTPException, routes_told: str) -> Answer:
    """404 and 405 of the routing, and whatever else Flask refuses, in the one form of an error."""
    code = error.name.lower().replace(" ", "_")
    message = routes_told if error.code in _OF_ROUTING else error.description or error.name
    body = errors.write(code, message, f"{request.method} {request.path}")
    allowed = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return Answer(f"{error.code} {error.name}", body, headers=tuple(allowed))


def _failure(error: Exception) -> Response:
    return _response(errors.answer_failure(os.urandom(8).hex()))


def _response(answer: Answer) -> Response:
    return Response(answer.body if answer.chunks is None else answer.chunks, answer.status, app.headers(answer))
