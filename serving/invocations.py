"""What /ping, /invocations and /execution-parameters answer: a WSGI environment in, an Answer out, no framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import orjson

from contract import codecs, media_type, resources
from contract.codecs import Codec
from contract.dataset import Layout
from contract.errors import UserError, show
from serving import answers, body
from serving.answers import Answer
from serving.concurrency import Concurrency, Direct, Gate
from serving.model import Model
from serving.settings import Settings

BODY_SECONDS = 30.0
"""How long a client may take to send its body."""
NO_CONTENT_TYPE = "text/libsvm"
"""What a request without a Content-Type holds, as SageMaker's XGBoost has it."""
REQUEST_FORMATS = (
    "text/csv",
    "text/libsvm",
    "application/x-recordio-protobuf",
    "application/json",
    "application/jsonlines",
    "application/x-npy",
)
"""The canonical names of the formats that requests come in."""
EXPLAIN = "explain=shap"
"""In X-Amzn-SageMaker-Custom-Attributes it asks for SHAP contributions beside the prediction."""
_MEMORY_SHARE = 4
"""Waiting bodies may fill this fraction of the memory, over all workers."""


@dataclass
class Endpoint:
    """What a worker serves. `model` is None until it is loaded."""

    settings: Settings
    model: Model | None = None
    inline_bytes: int = 0
    """Requests up to this size are computed at once, larger ones beside the event loop."""
    concurrency: Concurrency = field(default_factory=Direct)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        if media_type.parse(self.settings.accept).name not in answers.WRITERS:
            raise UserError(
                f"environment variable SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: {show(self.settings.accept)} is not one "
                f"of {', '.join(answers.WRITERS)}"
            )
        share = resources.memory_bytes() // (_MEMORY_SHARE * self.settings.workers)
        self.gate = Gate(max(share, self.settings.payload_bytes + 1))


def ping(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """200 with an empty body once the model is loaded."""
    _loaded(endpoint)
    return Answer("200 OK")


def execution_parameters(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """What batch transform asks before it sends the first record."""
    settings = endpoint.settings
    parameters = {
        "MaxConcurrentTransforms": settings.transforms,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": settings.payload_megabytes,
    }
    return Answer("200 OK", orjson.dumps(parameters))


def invoke(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """Predictions for the rows in the body. Raises UserError for whatever the client can mend."""
    model = _loaded(endpoint)
    content_type = (environ.get("CONTENT_TYPE") or "").strip()
    codec, parameters = _reader(content_type or NO_CONTENT_TYPE)
    accept = _accept(environ.get("HTTP_ACCEPT", ""), endpoint.settings.accept)
    explain = EXPLAIN in environ.get("HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES", "").replace(" ", "").split(",")
    with endpoint.gate.hold(body.expected(environ, endpoint.settings.payload_bytes)):
        content = _read_body(endpoint, environ)
        source = "body" if content_type else f"body (no Content-Type: read as {NO_CONTENT_TYPE})"
        work = partial(_answer, endpoint.settings, model, codec, parameters, content, source, accept, explain)
        # Contributions cost a thousand times the prediction: they always count as large.
        return endpoint.concurrency.compute(work, endpoint.settings.payload_bytes if explain else len(content))


def _loaded(endpoint: Endpoint) -> Model:
    if endpoint.model is None:
        raise UserError("the model is not loaded yet", code="not_ready")
    return endpoint.model


def _read_body(endpoint: Endpoint, environ: Mapping[str, Any]) -> bytes:
    try:
        with endpoint.concurrency.limit(BODY_SECONDS):
            return body.read(environ, endpoint.settings.payload_bytes)
    except TimeoutError as error:
        raise UserError(f"the body did not arrive within {BODY_SECONDS:.0f} s", code="slow_body") from error


def _answer(
    settings: Settings,
    model: Model,
    codec: Codec,
    parameters: Mapping[str, str],
    content: bytes,
    source: str,
    accept: str,
    explain: bool,
) -> Answer:
    layout = Layout(width=model.schema.count, missing=model.schema.missing_allowed)
    with _naming_the_header():
        dataset = codec.decode(content, layout, parameters, source)
    if not dataset.rows:
        raise UserError("the body holds no rows; send at least one", where="body")
    table = model.predict(dataset, explain=explain)
    if settings.batch and not settings.outputs and not explain:
        lines = accept if accept == "text/csv" else "application/jsonlines"
        return Answer("200 OK", answers.encode_batch(table), lines)
    return Answer("200 OK", answers.encode(table, accept), accept)


@lru_cache(maxsize=64)
def _reader(content_type: str) -> tuple[Codec, Mapping[str, str]]:
    with _naming_the_header():
        media = media_type.parse(content_type)
        return codecs.find(media, REQUEST_FORMATS), media.parameters


@contextmanager
def _naming_the_header() -> Iterator[None]:
    """Say of an unsupported content type, or parameter of it, where it stands."""
    try:
        yield
    except UserError as error:
        if error.code != "unsupported_content_type":
            raise
        raise UserError(error.message, where="header Content-Type", code=error.code) from error


@lru_cache(maxsize=64)
def _accept(accept: str, default: str) -> str:
    offered = dict.fromkeys((media_type.parse(default).name, *answers.WRITERS))
    name = media_type.best(accept, tuple(offered))
    if name is None:
        raise UserError(
            f"none of the media types in {show(accept)} can be answered; accept one of {', '.join(answers.WRITERS)}",
            where="header Accept",
            code="not_acceptable",
        )
    return name
