"""An endpoint with one model: does it come up, listen, answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from contract.errors import PlatformError
from contract.limits import PING_SECONDS, PORT
from local_mode.conformance.check import Check, ObstacleError, Outcome, Severity, failed, passed
from local_mode.conformance.exchange import NoReplyError, Reply, ask
from local_mode.conformance.serving_run import NotStartedError
from local_mode.engine import Mount

if TYPE_CHECKING:
    from local_mode.conformance.specimen import Specimen
    from local_mode.conformance.subject import Subject

HOSTING = "SageMaker developer guide, 'Use Your Own Inference Code with Hosting Services'"
BATCH = "SageMaker developer guide, 'Use Your Own Inference Code with Batch Transform'"
PINGS = 20
ASK = "printf 'GET /ping HTTP/1.0\\r\\n\\r\\n' >&3 && read -r -t 2 line <&3 && echo $line"
PROBE = f"exec 3<>/dev/tcp/127.0.0.1/{PORT} && {ASK}"
"""/ping, asked from inside by bash alone."""
STRATEGIES = ("MULTI_RECORD", "SINGLE_RECORD")


def starts(subject: Subject) -> Outcome:
    try:
        served = subject.endpoint
    except NotStartedError as error:
        return failed(str(error))
    if served.problem:
        return failed(served.problem + _listening(served.specimen))
    return passed(f"the first 200 of /ping came after {served.seconds:.1f} s")


def _listening(specimen: Specimen) -> str:
    """Where it listens instead, if it runs and that can be seen."""
    try:
        if specimen.poll() is not None:
            return ""
        found = specimen.listens()
    except (ObstacleError, PlatformError):
        return ""
    return f"; it listens at {', '.join(found) or 'no port at all'}"


def listens_everywhere(subject: Subject) -> Outcome:
    try:
        specimen = subject.endpoint.specimen
    except NotStartedError as error:
        raise ObstacleError("no container to look at (see serving.starts)") from error
    if specimen.poll() is not None:
        raise ObstacleError("no container to look at (see serving.starts)")
    try:
        found = specimen.listens()
    except ObstacleError:
        if subject.endpoint.problem:
            raise
        return passed(f"it answers from outside on port {PORT}")
    said = f"it listens at {', '.join(found) or 'no port at all'}"
    if f"0.0.0.0:{PORT}" in found or f"[::]:{PORT}" in found:
        return passed(said)
    return failed(said)


def model_may_be_read_only(subject: Subject) -> Outcome:
    served = subject.live
    return (
        passed("it came up so") if served.read_only else failed("it comes up only where it may write to /opt/ml/model")
    )


def pings_in_time(subject: Subject) -> Outcome:
    address = subject.live.address
    slowest = 0.0
    for number in range(1, PINGS + 1):
        reply = ask(address, "GET", "/ping", seconds=PING_SECONDS)
        if reply.status != HTTPStatus.OK:
            return failed(f"ping {number} of {PINGS}: {reply}")
        slowest = max(slowest, reply.seconds)
    return passed(f"{PINGS} pings, the slowest took {slowest * 1000:.0f} ms")


def needs_no_network(subject: Subject) -> Outcome:
    model = subject.model
    wait = subject.live.seconds * 3 + 5
    launch = subject.launch
    if model is None or subject.tree.which("bash", launch.search) is None:
        raise ObstacleError("without a network it can be asked from inside only, and the image has no bash for that")
    mount = Mount(model, "model", read_only=subject.live.read_only)
    container = subject.container(("serve",), subject.folder, mounts=(mount,), environment=subject.given.environment)
    with subject.laboratory.start(container, network_mode="none") as specimen:
        deadline = time.monotonic() + wait
        said = ""
        while time.monotonic() < deadline and specimen.poll() is None:
            _, said = specimen.execute(["bash", "-c", PROBE])
            if " 200" in said:
                return passed("it came up in a container without any network")
            time.sleep(0.2)
        last = " / ".join(specimen.log()[-3:])
        return failed(
            f"no good ping in {wait:.0f} s without a network (with one: {subject.live.seconds:.1f} s); {last}"
        )


def answers(subject: Subject) -> Outcome:
    body = subject.request
    reply = invoke(subject, body)
    said = f"{body[:60]!r} as {subject.given.content_type}: {reply}"
    return passed(said) if reply.ok else failed(said)


def takes_a_parameter(subject: Subject) -> Outcome:
    kind = f"{subject.given.content_type}; charset=utf-8"
    if "charset" in subject.given.content_type or not kind.startswith(("text/", "application/json")):
        raise ObstacleError(f"{subject.given.content_type} is no type of text")
    return _same_answer(subject, kind, subject.request, {"Content-Type": kind})


def takes_chunks(subject: Subject) -> Outcome:
    body = subject.request
    middle = max(1, len(body) // 2)
    return _same_answer(subject, "in two chunks", [part for part in (body[:middle], body[middle:]) if part])


def _same_answer(
    subject: Subject, how: str, body: bytes | list[bytes], headers: Mapping[str, str] | None = None
) -> Outcome:
    """Whether the good request sent this way has the answer that it has sent plainly."""
    plain = invoke(subject, subject.request)
    if not plain.ok:
        raise ObstacleError("the plain request is not answered with 2xx (see serving.invocations)")
    try:
        reply = invoke(subject, body, headers)
    except NoReplyError as error:
        return failed(f"{how}: {error}; sent plainly: {plain}")
    # A model that never says the same twice cannot be compared.
    differs = reply.body != plain.body and invoke(subject, subject.request).body == plain.body
    if not reply.ok or differs:
        return failed(f"{how}: {reply}; sent plainly: {plain}")
    return passed(f"{how}: {reply}")


def parameters_are_right(subject: Subject) -> Outcome:
    reply = ask(subject.live.address, "GET", "/execution-parameters")
    if reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return passed(f"{reply.status}: the route is optional")
    wrong = _wrong_parameters(reply) if reply.ok else f"{reply}: 404 says that there are none"
    return failed(wrong) if wrong else passed(str(reply))


def _wrong_parameters(reply: Reply) -> str:
    value = reply.json
    if not isinstance(value, dict):
        return f"no JSON object: {reply}"
    for name in ("MaxConcurrentTransforms", "MaxPayloadInMB"):
        if name in value and (not isinstance(value[name], int) or value[name] < 0):
            return f"{name} is {value[name]!r}: a whole number is expected"
    if value.get("BatchStrategy", STRATEGIES[0]) not in STRATEGIES:
        return f"BatchStrategy is {value['BatchStrategy']!r}: accepted are {', '.join(STRATEGIES)}"
    return ""


def invoke(subject: Subject, body: bytes | list[bytes], headers: Mapping[str, str] | None = None) -> Reply:
    """One invocation of the endpoint under check. Raises NoReplyError, which fails a check."""
    given = {"Content-Type": subject.given.content_type} | dict(headers or {})
    return ask(subject.live.address, "POST", "/invocations", body, given)


CHECKS = (
    Check(
        "serving.starts",
        "answers /ping with 200 in time",
        Severity.REFUSED,
        "The endpoint fails ('did not pass the ping health check') unless GET /ping is answered 200 within 2 s, in the "
        "first 4 minutes.",
        HOSTING,
        "Read the lines shown. Usual causes: the model's file has another name than `serve` looks for, the server "
        "listens on 127.0.0.1 or another port, a package is missing.",
        starts,
    ),
    Check(
        "serving.address",
        "listens on 0.0.0.0:8080",
        Severity.REFUSED,
        "SageMaker reaches the container from outside, on port 8080.",
        HOSTING,
        "Bind to 0.0.0.0:8080; 127.0.0.1 is heard inside the container alone.",
        listens_everywhere,
    ),
    Check(
        "serving.ping",
        "answers every /ping within 2 s",
        Severity.REFUSED,
        "SageMaker goes on asking; an instance whose pings fail is taken out and replaced.",
        HOSTING,
        "Let /ping say what is known already, without predicting, and have a worker or thread free for it.",
        pings_in_time,
    ),
    Check(
        "serving.read-only",
        "serves from a model it may not write to",
        Severity.BITES,
        "/opt/ml/model holds the extracted model.tar.gz, for reading.",
        HOSTING,
        "Write caches and unpacked files to /tmp.",
        model_may_be_read_only,
    ),
    Check(
        "serving.network",
        "comes up without a network",
        Severity.BITES,
        "With EnableNetworkIsolation there is nothing to download from, and there are no credentials.",
        "SageMaker developer guide, 'Run Training and Inference Containers in Internet-Free Mode'",
        "Put everything that serving needs into the image or the model.",
        needs_no_network,
    ),
    Check(
        "serving.invocations",
        "answers an invocation with 2xx",
        Severity.REFUSED,
        "InvokeEndpoint sends the body to POST /invocations; anything but 2xx within 60 s is a ModelError.",
        HOSTING,
        "Where the request tried does not suit the model, give your own: --request FILE --content-type TYPE.",
        answers,
    ),
    Check(
        "serving.content-type",
        "takes a content type with a parameter",
        Severity.BITES,
        "In an inference pipeline one container's Content-Type is the next one's: `text/csv; charset=utf-8` is normal.",
        "SageMaker developer guide, 'Host models along with pre-processing logic as serial inference pipeline'",
        "Compare the part before the semicolon only, in lower case.",
        takes_a_parameter,
    ),
    Check(
        "serving.chunked",
        "takes a body that comes in chunks",
        Severity.BITES,
        "Batch transform with MaxPayloadInMB=0 sends the body chunked, without Content-Length.",
        BATCH,
        "Read the body to its end instead of Content-Length bytes.",
        takes_chunks,
    ),
    Check(
        "serving.execution-parameters",
        "tells batch transform the truth, or nothing",
        Severity.BITES,
        "Batch transform asks GET /execution-parameters; the route is optional, its answer is believed.",
        BATCH,
        'Answer {"MaxConcurrentTransforms": 4, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6} with values that '
        "hold, or 404.",
        parameters_are_right,
    ),
)
