"""Sends cases of the corpus to a server and says what is wrong with its answers.

`python -m tests.corpus.client PORT` prints, as JSON, the complaint about each case that has one. It asks the endpoint
what it takes, and needs the standard library alone, since it also runs inside images: there a request needs no network.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.corpus import cases
from tests.corpus.cases import Case
from tests.corpus.interface import Interface

MARK = "s3cr3t"
"""Stands in values that no log may hold."""
SECONDS = 30.0
"""How long one answer may take."""
_PORT = b"@PORT"
"""Stands for the five digits of a port where nobody may call."""
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes
    rest: bytes
    """What the server sent after this answer."""


def complaint(case: Case, port: int) -> str:
    """What is wrong with the answer of the server on this port of the loopback; nothing where all is right."""
    ask = _semantics if case.folder == cases.SEMANTICS else _single
    try:
        return ask(case, port) or _unwell(port)
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def post(body: bytes, content_type: str, *headers: str) -> bytes:
    lines = (f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(("POST /invocations HTTP/1.1", "Host: x", *lines, "\r\n")).encode() + body


def exchange(port: int, request: bytes) -> bytes:
    """All that comes back for these bytes. The client ends its side after them and reads while it writes.

    Raises TimeoutError where the server neither answers nor closes within SECONDS.
    """
    deadline, received = time.monotonic() + SECONDS, bytearray()
    left = memoryview(request)
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.setblocking(False)
        ended = False
        while True:
            if not left and not ended:
                ended = True
                _end(connection)
            readable, writable, _ = select.select([connection], [connection] if left else [], [], 1)
            if time.monotonic() > deadline:
                raise TimeoutError(f"no end of the answer within {SECONDS:.0f} s: {bytes(received[:80])!r}")
            try:
                if writable:
                    left = left[connection.send(left[:_BLOCK]) :]
                if readable:
                    data = connection.recv(_BLOCK)
                    received += data
                    if not data:
                        return bytes(received)
            except BlockingIOError:
                continue
            except ConnectionError:  # refused halfway: what it said before counts
                return bytes(received)


def parse(received: bytes) -> Answer:
    """The first final answer. Raises ValueError where there is none."""
    while received.startswith(b"HTTP/1.1 1"):
        received = received.partition(b"\r\n\r\n")[2]
    head, blank, rest = received.partition(b"\r\n\r\n")
    line = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
    if not line or not blank:
        raise ValueError(f"no HTTP answer but {received[:80]!r}")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)(?:\r\n|$)", head)
    if length:
        size = int(length[1])
        return Answer(int(line[1]), head, rest[:size], rest[size:])
    if re.search(rb"(?i)\r\ntransfer-encoding: *chunked(?:\r\n|$)", head):
        return Answer(int(line[1]), head, *_chunks(rest))
    raise ValueError(f"the answer's length is not told: {head!r}")


def faults_of_log(log: str) -> list[str]:
    """Lines that are no JSON object, hold a trace or a marked value, or were forged by a request."""
    return [line for line in log.splitlines() if MARK in line or not _honest(line)]


def _honest(line: str) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and "trace" not in entry and entry.get("logger") != "forged"


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:  # the server closed first
        return


def _chunks(rest: bytes) -> tuple[bytes, bytes]:
    body, start = bytearray(), 0
    while True:
        end = rest.index(b"\r\n", start)
        size, first = int(rest[start:end], 16), end + 2
        body += rest[first : first + size]
        start = first + size + 2
        if not size:
            return bytes(body), rest[start:]


def _single(case: Case, port: int) -> str:
    content_type = cases.CONTENT_TYPES.get(case.folder)
    request = post(case.content, content_type) if content_type else case.content
    with _nobody_calls() as listener:
        answer = parse(exchange(port, request.replace(_PORT, b"%05d" % listener)))
    wire = "" if content_type else case.expected  # of a body it is what the codec says
    return _judge(case, answer, wire, headless=request.startswith(b"HEAD "))


@contextmanager
def _nobody_calls() -> Iterator[int]:
    """A port that listens; after the block, nobody has connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])
        if select.select([listener], [], [], 0)[0]:
            raise ValueError("the server connected to an address in the request")


def _judge(case: Case, answer: Answer, expected: str, *, headless: bool) -> str:
    if answer.status != case.status:
        return f"{answer.status} in place of {case.status}: {answer.body[:200]!r}"
    if answer.rest and not headless:
        return f"more than one answer: {answer.rest[:200]!r}"
    if b"\r\nx-content-type-options: nosniff" not in answer.head.lower():
        return f"no X-Content-Type-Options: nosniff in {answer.head!r}"
    if expected.encode() not in answer.head + b"\r\n\r\n" + answer.body:
        return f"{expected!r} is not in {answer.head + answer.body[:400]!r}"
    return _judge_error(answer) if answer.status >= 400 and not headless else ""


def _judge_error(answer: Answer) -> str:
    if b"\r\ncontent-type: application/json" not in answer.head.lower():
        return f"an error that is not JSON: {answer.head!r}"
    document = json.loads(answer.body)
    if list(document) != ["error"] or list(document["error"]) != ["code", "message", "where"]:
        return f"not the form of an error: {answer.body[:200]!r}"
    if any(word in answer.body for word in (b"Traceback", b'.py"', b"Error(")):
        return f"a trace in {answer.body[:400]!r}"
    return ""


def _semantics(case: Case, port: int) -> str:
    """Each body of `bodies` gets the status; their answers in csv, joined, are those of `same` to the bit."""
    told = json.loads(case.content)
    joined = []
    for bodies in (told["bodies"], told.get("same", [])):
        joined.append(b"")
        for body in bodies:
            answer = parse(exchange(port, post(cases.unfold(body), told["content_type"], "Accept: text/csv")))
            if found := _judge(case, answer, case.expected, headless=False):
                return found
            joined[-1] += answer.body
    return "" if joined[0] == joined[1] or "same" not in told else f"{joined[0][:80]!r} is not {joined[1][:80]!r}"


def _unwell(port: int) -> str:
    status = parse(exchange(port, b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")).status
    return "" if status == 200 else f"afterwards /ping answers {status}"


def main(port: str) -> None:
    asked = cases.served(Interface.of_endpoint(int(port)))
    found = {str(case): complaint(case, int(port)) for case in asked}
    sys.stdout.write(json.dumps({name: text for name, text in found.items() if text}))


if __name__ == "__main__":
    main(*sys.argv[1:])
