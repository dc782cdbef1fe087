"""How a script tells the client that the request is at fault."""

from __future__ import annotations

import sys
from http import HTTPStatus

from serving.answers import Answer
from serving.errors import write

_CODES = range(400, 500)


class ClientError(Exception):
    """Answered with `status` (400 to 499) and `message`; any other exception is answered 500, with no word of why."""

    def __init__(self, message: str, status: int = 400) -> None:
        if status not in _CODES:
            raise ValueError(f"status {status!r} is none of a client's errors; expected 400 to 499")
        super().__init__(message)
        self.message = message
        self.status = status


def read(error: Exception) -> ClientError | None:
    """`error` where it is one for the client: ClientError, or sagemaker-inference's own, where that is installed."""
    if isinstance(error, ClientError):
        return error
    toolkit = sys.modules.get("sagemaker_inference.errors")
    if toolkit and isinstance(error, toolkit.BaseInferenceToolkitError) and error.status_code in _CODES:
        return ClientError(str(error.message), error.status_code)
    return None


def answer(error: ClientError) -> Answer:
    """The status with its registered phrase, and the message in the one form of an error."""
    known = error.status in set(HTTPStatus)
    phrase = HTTPStatus(error.status).phrase if known else "Client Error"
    body = write(phrase.lower().replace(" ", "_"), str(error.message))
    return Answer(f"{error.status} {phrase}", body)
