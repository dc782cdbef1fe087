"""Containers that serve: how tests ask them, from inside or outside, and who answers in them.

Answers are wished for in csv, unless a test says otherwise: every algorithm gives it.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from email.message import Message
from http import HTTPStatus

import pytest
from docker.models.containers import Container

PORT = 8080
PUBLISHED = {"8080/tcp": ("127.0.0.1", None)}
READY_SECONDS = 60.0
ANSWER_SECONDS = 60.0
WORKERS = "for arbiter in $(cat /proc/1/task/1/children); do cat /proc/$arbiter/task/*/children; done"
CSV = {"Content-Type": "text/csv", "Accept": "text/csv"}
_ASK = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
headers = {"Content-Type": "text/csv", "Accept": sys.argv[5]}
connection.request(sys.argv[2], sys.argv[3], sys.argv[4].encode() or None, headers)
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""


def ask(
    container: Container, method: str, path: str, body: str = "", *, port: int = PORT, accept: str = "text/csv"
) -> tuple[int, str]:
    """The status and the text of an answer, asked for from inside the container, which needs no network.

    Status 0 where there is no answer.
    """
    done = container.exec_run(["python", "-c", _ASK, str(port), method, path, body, accept])
    if done.exit_code != 0:
        return 0, done.output.decode()
    status, _, text = done.output.decode().partition(" ")
    return int(status), text.rstrip("\n")


def send(
    container: Container, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = CSV
) -> tuple[int, bytes, Message]:
    """The status, content and headers of an answer, asked for by way of the published port."""
    with closing(http.client.HTTPConnection(*published(container), timeout=ANSWER_SECONDS)) as connection:
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers


def invoke(container: Container, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Ask for predictions: `invoke(container, b"1,2,3", Accept="application/json")`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    status, content, _ = send(container, "POST", "/invocations", body, CSV | named)
    return status, content


def insist(container: Container, body: bytes) -> tuple[int, bytes]:
    """`invoke`, and again when Retry-After says as long as the answer is 503; one without that header is an error."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        status, content, headers = send(container, "POST", "/invocations", body)
        if status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            return status, content
        time.sleep(int(headers["Retry-After"]))


def send_chunks(
    container: Container, body: Iterable[bytes], headers: Mapping[str, str] = CSV
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """The answer to an invocation in chunks, of which nothing is read yet, and the connection it comes from."""
    connection = http.client.HTTPConnection(*published(container), timeout=2 * ANSWER_SECONDS)
    chunked = {**headers, "Transfer-Encoding": "chunked"}
    connection.request("POST", "/invocations", body, chunked, encode_chunked=True)
    return connection, connection.getresponse()


def ping(container: Container) -> float:
    """The seconds until the 200 of /ping."""
    began = time.monotonic()
    status, _, _ = send(container, "GET", "/ping")
    assert status == HTTPStatus.OK
    return time.monotonic() - began


def published(container: Container) -> tuple[str, int]:
    """The address and the port on this machine."""
    return "127.0.0.1", int(container.ports["8080/tcp"][0]["HostPort"])


def workers(container: Container) -> list[str]:
    """The ids of the processes that answer: children of the arbiter, which is the first process's child."""
    return sorted(container.exec_run(["sh", "-c", WORKERS]).output.decode().split())


def all_workers(container: Container, count: int | None = None) -> list[str]:
    """`workers` once they are all there: an endpoint answers before its last one is."""
    deadline, found = time.monotonic() + READY_SECONDS, []
    while time.monotonic() < deadline:
        before, found = found, workers(container)
        if found and (len(found) == count if count else found == before):
            return found
        time.sleep(0.3)
    pytest.fail(f"the workers are {found}, not {count or 'as many as a moment ago'}")


def ready(container: Container, port: int = PORT) -> Container:
    """The container, once it answers /ping with 200."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        container.reload()
        if container.status not in ("created", "running"):
            break
        if _answers(container, port):
            return container
        time.sleep(0.1)
    pytest.fail(f"the endpoint is not ready ({container.status}):\n{container.logs().decode()}")


def _answers(container: Container, port: int) -> bool:
    if not container.ports.get("8080/tcp"):
        return ask(container, "GET", "/ping", port=port)[0] == HTTPStatus.OK
    try:
        return send(container, "GET", "/ping")[0] == HTTPStatus.OK
    except (OSError, http.client.HTTPException):  # nobody listens yet
        return False
