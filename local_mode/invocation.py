"""One InvokeEndpoint: the limits it has, the headers that get through, the errors it answers with."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

from contract.errors import PlatformError, UserError, show
from contract.limits import CUSTOM_ATTRIBUTES_CHARACTERS, INVOCATION_SECONDS, PAYLOAD_BYTES

PREFIX = "x-amzn-sagemaker-"
PASSED = ("content-type", "accept")
ATTRIBUTES = PREFIX + "custom-attributes"
PRIMARY = "primary"


@dataclass(frozen=True)
class Limits:
    """Of one invocation. SageMaker's newer documents say 25 MB for `payload_bytes`."""

    payload_bytes: int = PAYLOAD_BYTES
    seconds: float = INVOCATION_SECONDS


SAGEMAKER_LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """What the container answered with 200. `headers` are those that the service passes on, in lower case."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class ModelError(Exception):
    """The container did not answer 200, or not in time; `original_status_code` is its own, 0 without an answer.

    `container` is its name; the only container of an endpoint is the primary one.
    """

    def __init__(self, original_status_code: int, original_message: str, container: str = PRIMARY) -> None:
        who = "client" if 400 <= original_status_code < 500 else "server"
        super().__init__(
            f'Received {who} error ({original_status_code}) from {container} with message "{original_message}"'
        )
        self.container = container
        self.original_status_code = original_status_code
        self.original_message = original_message


def headers(content_type: str | None, accept: str | None, others: Mapping[str, str] | None) -> dict[str, str]:
    """Those of a request; one that is None is not sent."""
    named = {"Content-Type": content_type, "Accept": accept}
    return dict(others or {}) | {name: value for name, value in named.items() if value is not None}


def invoke(
    url: str, body: bytes, headers: Mapping[str, str], limits: Limits = SAGEMAKER_LIMITS, container: str = PRIMARY
) -> Answer:
    """POST `body` to the container at `url`. Raises UserError for what the service refuses itself, or ModelError."""
    if len(body) > limits.payload_bytes:
        raise UserError(
            f"the body has {len(body)} bytes: at most {limits.payload_bytes} are accepted; send fewer records at once",
            code="payload_too_large",
        )
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    try:
        connection.connect()
    except OSError as error:
        raise PlatformError(
            f"nothing answers at {url} ({error.strerror or error}); start an endpoint (make serve/<image>), "
            "or name the port of the one that runs (PORT=8081)"
        ) from error
    late = threading.Event()
    # A limit for all of it: a socket's own time-out starts anew with every byte.
    timer = threading.Timer(limits.seconds, _hang_up, (connection, late))
    timer.start()
    try:
        return _exchange(connection, body, passed(headers), limits, container)
    except (OSError, http.client.HTTPException) as error:
        if late.is_set():
            message = f"Your invocation timed out while waiting for a response from container {container}."
            raise ModelError(0, message, container) from error
        raise ModelError(0, f"The container closed the connection: {error}", container) from error
    finally:
        timer.cancel()
        connection.close()


def passed(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that reach the container: the service drops every one that is not of its own interface."""
    kept = {name.lower(): value for name, value in headers.items()}
    kept = {name: value for name, value in kept.items() if name in PASSED or name.startswith(PREFIX)}
    attributes = kept.get(ATTRIBUTES, "")
    if len(attributes) > CUSTOM_ATTRIBUTES_CHARACTERS or not attributes.isascii() or not attributes.isprintable():
        raise UserError(
            f"custom attributes {show(attributes)}: at most {CUSTOM_ATTRIBUTES_CHARACTERS} visible characters of ASCII"
        )
    return kept


def _exchange(
    connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str], limits: Limits, container: str
) -> Answer:
    connection.putrequest("POST", "/invocations", skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    answer = response.read(limits.payload_bytes + 1)
    # A read of so many bytes does not say that there were fewer than promised.
    if len(answer) <= limits.payload_bytes and response.length:
        raise http.client.IncompleteRead(answer, response.length)
    if not 200 <= response.status < 300:
        raise ModelError(response.status, answer.decode("utf-8", "replace"), container)
    if len(answer) > limits.payload_bytes:
        raise ModelError(response.status, f"the answer is over {limits.payload_bytes} bytes", container)
    kept = {name.lower(): value for name, value in response.getheaders() if name.lower().startswith(PREFIX)}
    return Answer(answer, response.getheader("content-type", ""), kept)


def _hang_up(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
