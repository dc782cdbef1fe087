"""What the image's labels claim, tried."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from contract.limits import PORT
from local_mode.conformance import serving_run
from local_mode.conformance.check import Check, ObstacleError, Outcome, Severity, failed, inapplicable, passed
from local_mode.conformance.exchange import NoReplyError, Reply, ask
from local_mode.engine import CAPABILITIES, Mount

if TYPE_CHECKING:
    from local_mode.conformance.serving_run import Served
    from local_mode.conformance.subject import Subject

BIND_TO_PORT = "accept-bind-to-port"
MULTI_MODELS = "multi-models"
STREAMING = "bidirectional-streaming"
OTHER_PORT = 8089
NAME = "checked"
ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


def _taken_back(label: str) -> str:
    """How a Dockerfile takes back a label, which it may have from its FROM."""
    return (
        f"take the label back: LABEL {CAPABILITIES}{label}=false, as one that comes with the image in FROM cannot be "
        "removed, only overridden."
    )


def binds_to_port(subject: Subject) -> Outcome:
    served = _start(subject, _mount(subject), environment={"SAGEMAKER_BIND_TO_PORT": str(OTHER_PORT)}, port=OTHER_PORT)
    claimed = subject.claims(BIND_TO_PORT)
    with served.specimen:
        if not served.problem:
            said = f"SAGEMAKER_BIND_TO_PORT={OTHER_PORT}: it answers there"
            if claimed:
                return passed(said)
            return failed(f"{said}, and the label {BIND_TO_PORT}=true is missing", Severity.ADVICE)
    if claimed:
        return failed(
            f"the label claims {BIND_TO_PORT}, and with SAGEMAKER_BIND_TO_PORT={OTHER_PORT}: {served.problem}"
        )
    return passed(f"neither claimed nor done: it stays on port {PORT}")


def has_models_only_if_claimed(subject: Subject) -> Outcome:
    reply = ask(subject.live.address, "GET", "/models")
    said = f"GET /models of an endpoint with one model: {reply}"
    return passed(said) if reply.status in ABSENT else failed(said)


def serves_many_models(subject: Subject) -> Outcome:
    if not subject.claims(MULTI_MODELS):
        return inapplicable("not claimed")
    model = subject.model
    if model is None:
        raise ObstacleError(
            "there is no model to load: the image trained none (see training.completes), and no --model is given"
        )
    (subject.folder / "models").mkdir(exist_ok=True)
    served = _start(
        subject, Mount(model, f"models/{NAME}/model"), environment={"SAGEMAKER_MULTI_MODEL": "true"}, port=PORT
    )
    with served.specimen:
        if served.problem:
            return failed(f"the label claims {MULTI_MODELS}, and with SAGEMAKER_MULTI_MODEL=true: {served.problem}")
        try:
            wrong = _play(subject, served.address)
        except NoReplyError as error:
            wrong = str(error)
    return failed(wrong) if wrong else passed("loaded, listed, invoked and unloaded a model")


def _play(subject: Subject, address: str) -> str:
    """What of the multi-model interface does not do as it should; nothing where all of it does."""
    load = json.dumps({"model_name": NAME, "url": f"/opt/ml/models/{NAME}/model"}).encode()
    steps = [("GET", "/models", b"", {}), ("POST", "/models", load, {"Content-Type": "application/json"})]
    steps.append(("GET", f"/models/{NAME}", b"", {}))
    try:
        steps.append(("POST", f"/models/{NAME}/invoke", subject.request, {"Content-Type": subject.given.content_type}))
    except ObstacleError:
        steps += []  # no request is known: the rest can be played without
    steps.append(("DELETE", f"/models/{NAME}", b"", {}))
    for method, path, body, headers in steps:
        reply = ask(address, method, path, body, headers)
        if not reply.ok:
            return f"{method} {path}: {reply}; expected 200"
    gone: Reply = ask(address, "GET", f"/models/{NAME}")
    return "" if gone.status == HTTPStatus.NOT_FOUND else f"GET /models/{NAME} after its DELETE: {gone}; expected 404"


def streams_both_ways(subject: Subject) -> Outcome:
    if not subject.claims(STREAMING):
        return inapplicable("not claimed")
    raise ObstacleError("claimed; this check cannot speak WebSocket: try /invocations-bidirectional-stream yourself")


def _mount(subject: Subject) -> Mount:
    model = subject.model
    if model is None:
        raise ObstacleError(
            "there is no model to serve: the image trained none (see training.completes), and no --model is given"
        )
    return Mount(model, "model", read_only=subject.live.read_only)


def _start(subject: Subject, mount: Mount, *, environment: dict[str, str], port: int) -> Served:
    """As the endpoint was started, which came up: no longer than it took, several times over."""
    seconds = subject.live.seconds * 3 + 5
    return serving_run.start(subject, mount, environment=environment, port=port, seconds=seconds)


CHECKS = (
    Check(
        "serving.bind-to-port",
        "accept-bind-to-port is claimed if it holds, and only then",
        Severity.REFUSED,
        "In an inference pipeline all containers but the first are told a port by SAGEMAKER_BIND_TO_PORT; CreateModel "
        "takes them only with the label com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true.",
        "SageMaker developer guide, 'Host models along with pre-processing logic as serial inference pipeline'",
        f"Bind to the port in SAGEMAKER_BIND_TO_PORT, else to 8080, with LABEL {CAPABILITIES}{BIND_TO_PORT}=true; or "
        + _taken_back(BIND_TO_PORT),
        binds_to_port,
    ),
    Check(
        "serving.multi-models",
        "multi-models is claimed only if it holds",
        Severity.REFUSED,
        "A multi-model endpoint loads, lists, invokes and unloads models through /models.",
        "SageMaker developer guide, 'Build Your Own Container for SageMaker Multi-Model Endpoints'",
        "Serve the routes of the multi-model interface where SAGEMAKER_MULTI_MODEL is true; or "
        + _taken_back(MULTI_MODELS),
        serves_many_models,
    ),
    Check(
        "serving.models-route",
        "has no /models on an endpoint with one model",
        Severity.BITES,
        "Whoever reaches a management interface can load or remove models.",
        "SageMaker developer guide, 'Build Your Own Container for SageMaker Multi-Model Endpoints'",
        "Answer 404 unless SAGEMAKER_MULTI_MODEL is true.",
        has_models_only_if_claimed,
    ),
    Check(
        "serving.bidirectional-streaming",
        "bidirectional-streaming is claimed only if it holds",
        Severity.BITES,
        "SageMaker opens a WebSocket at /invocations-bidirectional-stream of images with this label.",
        "SageMaker developer guide, 'Bidirectional streaming'",
        "Serve that route; or " + _taken_back(STREAMING),
        streams_both_ways,
    ),
)
