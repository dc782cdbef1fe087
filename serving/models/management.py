"""The routes of a multi-model endpoint: load, list, describe and unload models, and invoke one by its name.

An error has our form and, beside it, the three fields that Multi Model Server answers with (`code`, `type`, `message`):
clients and tests that were written for that one find theirs.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import parse_qs

import orjson

from contract.errors import UserError, show
from serving import body, errors, exchange, invocations
from serving.answers import Answer
from serving.invocations import Endpoint
from serving.models.remote import Models

PAGE, MOST_A_PAGE = 100, 1000
_REQUEST_BYTES = 1 << 16
_TYPES = {
    400: "BadRequestException",
    404: "ModelNotFoundException",
    409: "ConflictStatusException",
    503: "ServiceUnavailableException",
    507: "InsufficientMemoryException",
}
_OTHER_TYPE = "InternalServerException"

_TARGET = "HTTP_X_AMZN_SAGEMAKER_TARGET_MODEL"
Handler = Callable[..., Answer]


def _for_both(handle: Handler) -> Handler:
    """Answer a UserError in both forms."""

    @wraps(handle)
    def handling(endpoint: Endpoint, environ: Mapping[str, Any], **variables: str) -> Answer:
        try:
            return handle(endpoint, environ, **variables)
        except UserError as error:
            answer = errors.answer_error(error)
            status = int(answer.status[:3])
            fields = {"code": status, "type": _TYPES.get(status, _OTHER_TYPE)}
            entry = orjson.loads(answer.body)
            return replace(answer, body=orjson.dumps(fields | {"message": entry["error"]["message"]} | entry))

    return handling


@_for_both
def load(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """200 once it can be invoked; 409 where it is loaded, 507 where the memory does not suffice."""
    asked = _request(_content(endpoint, environ))
    _models(endpoint).ask("load", name=asked["model_name"], url=asked["url"])
    return _status("Workers scaled")


@_for_both
def listing(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """A page of the models that are loaded, by their names; a token leads to the next one."""
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    limit = _limit(query.get("limit", [str(PAGE)])[-1])
    page = _models(endpoint).ask("list", after=_name(query.get("next_page_token", [""])[-1]), limit=limit)
    answer = {"models": page["models"]}
    if page["more"]:
        answer["nextPageToken"] = _token(page["models"][-1]["modelName"])
    return Answer("200 OK", orjson.dumps(answer))


@_for_both
def describe(endpoint: Endpoint, environ: Mapping[str, Any], name: str) -> Answer:
    """Its name, its url and the memory it takes."""
    return Answer("200 OK", orjson.dumps(_models(endpoint).ask("describe", name=name)))


@_for_both
def unload(endpoint: Endpoint, environ: Mapping[str, Any], name: str) -> Answer:
    """200 when what it had accepted is answered and its memory is free."""
    _models(endpoint).ask("unload", name=name)
    return _status(f'Model "{name}" unregistered')


@_for_both
def invoke(endpoint: Endpoint, environ: Mapping[str, Any], name: str) -> Answer:
    """As /invocations, of one model."""
    return invocations.invoke(endpoint, {**environ, _TARGET: name.encode().decode("latin-1")})


def _models(endpoint: Endpoint) -> Models:
    service = invocations.loaded(endpoint)
    assert isinstance(service, Models)  # these routes are there with no other
    return service


def _content(endpoint: Endpoint, environ: Mapping[str, Any]) -> bytes:
    try:
        with endpoint.concurrency.limit(exchange.PAUSE_SECONDS):
            return body.read(environ, _REQUEST_BYTES)
    except TimeoutError as error:
        message = f"the body did not arrive within {exchange.PAUSE_SECONDS:.0f} s"
        raise UserError(message, code="slow_body") from error


def _request(content: bytes) -> dict[str, str]:
    try:
        asked = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UserError(f"not JSON: {error}", where="body") from error
    for key in ("model_name", "url"):
        value = asked.get(key) if isinstance(asked, dict) else None
        if not isinstance(value, str) or not value:
            raise UserError(f"{key} is {show(value)}; expected a text", where="body")
    return {key: asked[key] for key in ("model_name", "url")}


def _limit(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= value <= MOST_A_PAGE:
        raise UserError(f"limit {show(text)} is not accepted (integer, 1 to {MOST_A_PAGE})", where="query")
    return value


def _token(name: str) -> str:
    """Leads to the models behind this one, whatever is loaded and unloaded until then."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise UserError(f"next_page_token {show(token)} is none that was given", where="query") from error


def _status(text: str) -> Answer:
    return Answer("200 OK", orjson.dumps({"status": text}))
