"""An endpoint that is sent what it cannot answer, more than it likes, slowly; and one that is stopped."""

from __future__ import annotations

import contextlib
import re
import socket
import time
import urllib.parse
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from contract.limits import PAYLOAD_BYTES, PING_SECONDS, SERVE_STOP_SECONDS
from local_mode.conformance.check import Check, ObstacleError, Outcome, Severity, failed, inapplicable, passed
from local_mode.conformance.checks.serving import HOSTING, invoke
from local_mode.conformance.exchange import NoReplyError, Reply, ask

if TYPE_CHECKING:
    from local_mode.conformance.subject import Subject

GARBAGE = {
    "words for numbers": b"this,is,no,row\n",
    "bytes at random": bytes(range(256)) * 4,
    "nothing": b"",
    "JSON cut short": b'{"instances": [[1, ',
}
UNKNOWN_TYPE = "application/x-no-such-type"
SLOW_CLIENTS = 40
PINGS = 5
_TRACE = re.compile(
    r"Traceback \(most recent call last\)|File \"[^\"\n]+\", line \d+|^\s+at [\w.$]+\(.*:\d+\)", re.MULTILINE
)


def refuses_garbage(subject: Subject) -> Outcome:
    wrong, said = [], []
    for name, body in GARBAGE.items():
        try:
            reply = invoke(subject, body)
        except NoReplyError as error:
            wrong.append(f"{name}: {error}")
            continue
        said.append(f"{name}: {reply.status}")
        if not 400 <= reply.status < 500:
            wrong.append(f"{name}: {reply}")
    return failed("; ".join(wrong)) if wrong else passed("; ".join(said))


def shows_no_trace(subject: Subject) -> Outcome:
    errors = []
    for name, reply in _errors(subject):
        errors.append(name)
        if match := _TRACE.search(reply.text):
            start = max(0, match.start() - 20)
            return failed(f"{name}: {reply.status} with {' '.join(reply.text[start : start + 200].split())!r}")
    if not errors:
        raise ObstacleError("no request was answered with an error to look at")
    return passed(f"none in the answers to {', '.join(errors)}")


def _errors(subject: Subject) -> Iterator[tuple[str, Reply]]:
    """The answers that are errors, of what should be one."""
    for name, body in GARBAGE.items():
        with contextlib.suppress(NoReplyError):
            reply = invoke(subject, body)
            if reply.status >= HTTPStatus.BAD_REQUEST:
                yield name, reply
    with contextlib.suppress(NoReplyError):
        reply = invoke(subject, b"x", {"Content-Type": UNKNOWN_TYPE})
        if reply.status >= HTTPStatus.BAD_REQUEST:
            yield f"Content-Type {UNKNOWN_TYPE}", reply


def refuses_unknown_types(subject: Subject) -> Outcome:
    reply = invoke(subject, b"x", {"Content-Type": UNKNOWN_TYPE})
    said = f"Content-Type {UNKNOWN_TYPE}: {reply}"
    return passed(said) if 400 <= reply.status < 500 else failed(said)


def survives_a_large_body(subject: Subject) -> Outcome:
    row = subject.request
    body = (row * (PAYLOAD_BYTES // len(row) + 1))[:PAYLOAD_BYTES] if row else bytes(PAYLOAD_BYTES)
    if row.endswith(b"\n"):
        body = body[: body.rindex(b"\n") + 1]
    size = f"{len(body):,} bytes"
    try:
        reply = invoke(subject, body)
    except NoReplyError as error:
        code = subject.endpoint.specimen.ended(1.0)
        return failed(f"{size}: {error}" + ("" if code is None else f"; the container ended with exit code {code}"))
    said = f"{size}: {reply.status} after {reply.seconds:.1f} s"
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and reply.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return failed(f"{said}: {reply}")
    ping = ask(subject.live.address, "GET", "/ping", seconds=PING_SECONDS)
    return passed(said) if ping.status == HTTPStatus.OK else failed(f"{said}; /ping afterwards: {ping}")


def answers_beside_slow_clients(subject: Subject) -> Outcome:
    address = subject.live.address
    with contextlib.ExitStack() as stack:
        for number in range(SLOW_CLIENTS):
            connection = stack.enter_context(_connection(address))
            # Half of them never end their headers, the others never send the body that they promise.
            rest = b"" if number % 2 else b"Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\n1,"
            connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: endpoint\r\n" + rest)
        time.sleep(0.5)  # they have to be attached, which nothing tells
        slowest = 0.0
        for number in range(1, PINGS + 1):
            try:
                reply = ask(address, "GET", "/ping", seconds=PING_SECONDS)
            except NoReplyError as error:
                return failed(f"with {SLOW_CLIENTS} slow clients, ping {number} of {PINGS}: {error}")
            slowest = max(slowest, reply.seconds)
    return passed(f"with {SLOW_CLIENTS} slow clients, {PINGS} pings took {slowest * 1000:.0f} ms at most")


def _connection(address: str) -> socket.socket:
    parts = urllib.parse.urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PING_SECONDS)


def health_command_agrees(subject: Subject) -> Outcome:
    test = (subject.config.get("Healthcheck") or {}).get("Test") or []
    if not test or test[0] == "NONE":
        return inapplicable("there is none")
    command = ["/bin/sh", "-c", test[1]] if test[0] == "CMD-SHELL" else list(test[1:])
    code, output = subject.live.specimen.execute(command)
    said = f"{' '.join(command)}: exit code {code} {' '.join(output.split())}".strip()
    return failed(f"while /ping is fine, {said}") if code else passed(said)


def stops_on_sigterm(subject: Subject) -> Outcome:
    specimen = subject.live.specimen
    began = time.monotonic()
    specimen.terminate()
    code = specimen.ended(SERVE_STOP_SECONDS)
    seconds = time.monotonic() - began
    if code is None:
        specimen.kill()
        return failed(f"it still runs {SERVE_STOP_SECONDS:g} s after SIGTERM")
    said = f"gone {seconds:.1f} s after SIGTERM, exit code {code}"
    return passed(said) if code == 0 else failed(said, Severity.ADVICE)


CHECKS = (
    Check(
        "serving.garbage",
        "refuses what it cannot read with 4xx",
        Severity.BITES,
        "200 for a body that was not understood is a wrong prediction that nobody notices; 5xx says that the endpoint "
        "is at fault, sets off alarms and makes clients send it again.",
        HOSTING,
        "Check width and type of every value, and answer 400 with what is wrong and where.",
        refuses_garbage,
    ),
    Check(
        "serving.trace",
        "shows no trace to clients",
        Severity.BITES,
        "The body of an error is passed on as ModelError's OriginalMessage: a trace tells strangers about your code.",
        "OWASP, 'Improper Error Handling'",
        "Catch errors around the handler, log the trace, answer one sentence; never run a debug server.",
        shows_no_trace,
    ),
    Check(
        "serving.unknown-type",
        "refuses a content type that it does not know",
        Severity.ADVICE,
        "A client that names a type which is not read should hear so: 415.",
        "RFC 9110, 15.5.16",
        "Answer 415 and name the types that are read.",
        refuses_unknown_types,
    ),
    Check(
        "serving.large-body",
        "answers a body of 6 MB, or says 413",
        Severity.BITES,
        "The service lets through 6 MB (25 MB in newer documents), and waits 60 s.",
        "SageMaker API reference, InvokeEndpoint: Body",
        "Bound the body, parse it in pieces, give workers room: one that dies of memory takes other requests along.",
        survives_a_large_body,
    ),
    Check(
        "serving.slow-clients",
        "answers /ping beside slow clients",
        Severity.BITES,
        "A server with one thread for each connection and few threads is blocked by connections that send nothing, and "
        "fails its pings.",
        "gunicorn documentation, 'Choosing a Worker Type'",
        "Use an asynchronous worker class, many threads, or nginx before it; set a limit of time for headers and body.",
        answers_beside_slow_clients,
    ),
    Check(
        "serving.healthcheck",
        "has a HEALTHCHECK that agrees with /ping",
        Severity.ADVICE,
        "SageMaker looks at /ping alone; other engines believe HEALTHCHECK and restart what it calls unhealthy.",
        "Docker documentation, 'Dockerfile reference: HEALTHCHECK'",
        "Let it ask /ping, or leave it out.",
        health_command_agrees,
    ),
    Check(
        "serving.sigterm",
        "ends on SIGTERM within 30 s, with exit code 0",
        Severity.BITES,
        "When an endpoint is deleted, updated or scaled in, SIGTERM comes 30 s before SIGKILL: requests that were "
        "accepted are to be answered in that time.",
        HOSTING,
        "Handle SIGTERM in the program that is PID 1: stop accepting, finish, exit 0. In a shell script, start the "
        "server with exec.",
        stops_on_sigterm,
    ),
)
