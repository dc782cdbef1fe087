"""Errors as answers: the one map from the codes of UserError to HTTP statuses, and the one form of an error's body."""

from __future__ import annotations

import logging

import orjson

from contract.errors import UserError
from serving.answers import Answer

log = logging.getLogger("serving")

_STATUS = {
    "not_found": "404 Not Found",
    "method_not_allowed": "405 Method Not Allowed",
    "not_acceptable": "406 Not Acceptable",
    "slow_body": "408 Request Timeout",
    "conflict": "409 Conflict",
    "too_large": "413 Content Too Large",
    "unsupported_content_type": "415 Unsupported Media Type",
    "unsupported_encoding": "415 Unsupported Media Type",
    "insufficient_storage": "507 Insufficient Storage",
    "out_of_memory": "507 Insufficient Storage",
    "busy": "503 Service Unavailable",
    "not_ready": "503 Service Unavailable",
}
"""Every other code is 400."""


def status(code: str) -> str:
    """The status line of errors of this code."""
    return _STATUS.get(code, "400 Bad Request")


def answer_error(error: UserError) -> Answer:
    line = status(error.code)
    headers = (("Retry-After", "1"),) if line.startswith("503") else ()
    return Answer(line, write(error.code, error.message, error.where), headers=headers)


def answer_failure(identifier: str) -> Answer:
    """For the exception being handled: its trace goes to the log, the client learns no more than where to look."""
    log.exception("request %s failed", identifier, extra={"fields": {"request_id": identifier}})
    message = f"the server failed on this request; its log says why under request id {identifier}"
    return Answer("500 Internal Server Error", write("internal_error", message))


def write(code: str, message: str, where: str = "") -> bytes:
    """The body of every error. Text that is not valid Unicode (it quotes what a client sent) is replaced."""
    entry = {"code": code, "message": _clean(message), "where": _clean(where)}
    return orjson.dumps({"error": entry})


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
