"""What the routes of an endpoint answer: a WSGI environment in, an Answer out, no framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from contract import resources
from contract.errors import UserError
from serving import body, exchange, predictions
from serving.answers import Answer
from serving.concurrency import Concurrency, Direct, Gate
from serving.metrics import Metrics
from serving.service import Service
from serving.settings import Settings

_MEMORY_SHARE = 4
"""Waiting bodies may fill this fraction of the memory, over all workers."""


@dataclass
class Endpoint:
    """What a worker serves. `service` is None until the model is loaded."""

    settings: Settings
    service: Service | None = None
    concurrency: Concurrency = field(default_factory=Direct)
    metrics: Metrics = field(default_factory=Metrics)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        if not self.settings.user_code:  # a script answers in whatever it likes
            predictions.check_default(self.settings)
        share = resources.memory_bytes() // (_MEMORY_SHARE * self.settings.workers)
        self.gate = Gate(max(share, self.settings.whole_bytes + body.PIECE))


def ping(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """200 with an empty body once the model is loaded."""
    loaded(endpoint)
    return Answer("200 OK")


def execution_parameters(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """What batch transform asks before it sends the first record."""
    settings = endpoint.settings
    parameters = {
        "MaxConcurrentTransforms": settings.transforms,
        "BatchStrategy": settings.strategy,
        "MaxPayloadInMB": settings.payload_megabytes,
    }
    return Answer("200 OK", orjson.dumps(parameters))


def invoke(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """Predictions for the rows in the body. Raises UserError for whatever the client can mend."""
    return exchange.answer(endpoint, loaded(endpoint), environ)


def metrics(endpoint: Endpoint, environ: Mapping[str, Any]) -> Answer:
    """What all workers counted, as Prometheus reads it."""
    from serving import exposition  # its library is loaded where someone asks, not by every endpoint

    models = endpoint.service.count() if endpoint.service else 0
    text = exposition.text(endpoint.metrics, models, endpoint.settings.workers)
    return Answer("200 OK", text, exposition.CONTENT_TYPE)


def loaded(endpoint: Endpoint) -> Service:
    """Raises UserError (not_ready) until the model is loaded."""
    if endpoint.service is None:
        raise UserError("the model is not loaded yet", code="not_ready")
    return endpoint.service
