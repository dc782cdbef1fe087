"""A Service (serving.service) of a model that brings its own script."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from contract import artifact
from contract.dataset import Layout
from contract.errors import AlgorithmError, UserError, show
from contract.manifest import MANIFEST_BYTES
from serving import model
from serving.answers import Answer, Timings
from serving.handlers import client_error, decoding, encoding, failures, hooks, replies
from serving.handlers.context import Context
from serving.handlers.hooks import Hook
from serving.handlers.predictor import Predictor
from serving.handlers.script import Script
from serving.invocation import Invocation
from serving.model import Model
from serving.predictions import Predictions
from serving.settings import Settings

log = logging.getLogger("serving")

TABLE_FACTOR = 4
"""The default input_fn makes no table larger than this many times the largest body that is read whole."""
_ANYTHING = ("", "*/*")


@dataclass(frozen=True)
class UserCode:
    """The script's functions, and `loaded`, what its model_fn returned; without one the algorithm's own model."""

    directory: Path
    settings: Settings
    hooks: Mapping[str, Hook]
    loaded: Any

    @property
    def model(self) -> Model | None:
        """Not known: what a request holds, and what is answered, is up to the script."""
        return None

    def check(self, invocation: Invocation) -> None:
        if not {"input_fn", "transform_fn"} & self.hooks.keys():
            decoding.check(invocation)
        if {"output_fn", "transform_fn"} & self.hooks.keys():
            self._first(self._accept(invocation))
        else:
            encoding.choose(invocation.accept, self.settings.script_accept)

    def one_piece(self, invocation: Invocation) -> str:
        return "the model's own code takes a body in one piece"

    def respond(self, invocation: Invocation) -> Answer:
        """Raises what the script's functions raise, but for errors that they mean for the client."""
        answer = self._transform if "transform_fn" in self.hooks else self._steps
        try:
            return answer(invocation, Context(self.directory, invocation))
        except Exception as error:
            meant = client_error.read(error)
            if meant is None:
                raise
            return client_error.answer(meant)

    def quick(self, invocation: Invocation) -> bool:
        """Never: nobody knows what a script waits for."""
        return False

    def try_out(self) -> None:
        """The algorithm's model predicts once. A model of the script's own has had model_warmup_fn as it was loaded."""
        if isinstance(self.loaded, Predictor):
            Predictions(self.loaded.model, self.settings).try_out()

    def count(self) -> int:
        return 1

    def set_threads(self, count: int) -> None:
        if isinstance(self.loaded, Predictor):
            self.loaded.model.set_threads(count)

    def _transform(self, invocation: Invocation, context: Context) -> Answer:
        accept, content_type = self._accept(invocation), decoding.content_type(invocation).name
        first = self._first(accept)
        result = self.hooks["transform_fn"](context, self.loaded, decoding.text(invocation), content_type, accept)
        return replies.build(result, "transform_fn", first, context.request_processor[0])

    def _steps(self, invocation: Invocation, context: Context) -> Answer:
        started = perf_counter()
        data = self._decoded(invocation, context)
        decoded = perf_counter()
        predict = self.hooks.get("predict_fn")
        prediction = predict(context, data, self.loaded) if predict else self.loaded.predict(data)
        predicted = perf_counter()
        answer = self._encoded(prediction, invocation, context)
        return replace(answer, timings=Timings(decoded - started, predicted - decoded, perf_counter() - predicted))

    def _decoded(self, invocation: Invocation, context: Context) -> Any:
        if hook := self.hooks.get("input_fn"):
            return hook(context, decoding.text(invocation), decoding.content_type(invocation).name)
        own = isinstance(self.loaded, Predictor)
        layout, absent = (self.loaded.layout, self.loaded.absent) if own else (Layout(), math.nan)
        return decoding.decode(invocation, layout, TABLE_FACTOR * self.settings.whole_bytes, absent)

    def _encoded(self, prediction: Any, invocation: Invocation, context: Context) -> Answer:
        processor = context.request_processor[0]
        if hook := self.hooks.get("output_fn"):
            accept = self._accept(invocation)
            first = self._first(accept)
            return replies.build(hook(context, prediction, accept), "output_fn", first, processor)
        name = encoding.choose(invocation.accept, self.settings.script_accept)
        try:
            body = encoding.encode(prediction, name)
        except (TypeError, ValueError) as error:
            kind = type(prediction).__name__
            raise AlgorithmError(f"predict_fn returned {kind}, which is no {name}; define output_fn") from error
        return replies.build((body, name), "predict_fn", name, processor)

    def _first(self, accept: str) -> str:
        """The first type that is accepted: that of an answer whose function names none.

        Raises UserError (not_acceptable) for what no Content-Type can be.
        """
        first = accept.partition(",")[0].partition(";")[0].strip()
        if not (first.isascii() and first.isprintable()):
            text = f"{show(first)} is no media type; accept one like 'text/csv', written in ASCII"
            raise UserError(text, where="header Accept", code="not_acceptable")
        return self.settings.script_accept if "*" in first else first

    def _accept(self, invocation: Invocation) -> str:
        """What the script is told: the header as it came, or what an absent one means."""
        accept = invocation.accept.strip()
        return self.settings.script_accept if accept in _ANYTHING else accept


def load(script: Script, algorithm: str, directory: Path, settings: Settings) -> UserCode:
    """Import the script and have it load its model. Raises UserError of one line that says what is wrong with it."""
    # Read by OpenMP when the script's libraries are loaded: workers and their threads are planned together.
    os.environ.setdefault("OMP_NUM_THREADS", str(settings.threads))
    found, context = hooks.of(script.load()), Context(directory)
    if "model_fn" in found and _described(directory):
        artifact.verify(directory)
    if not {"output_fn", "transform_fn"} & found.keys() and settings.script_accept not in encoding.WRITERS:
        raise UserError(
            f"environment variable SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: {show(settings.script_accept)} is not one of "
            f"{', '.join(encoding.WRITERS)}; define output_fn to answer in it"
        )

    def call(name: str, *arguments: object) -> Any:
        with failures.reported(script.directory, f"{name} failed"):
            return found[name](context, *arguments)

    if "pre_model_fn" in found:
        call("pre_model_fn", str(directory))
    loaded = call("model_fn", str(directory)) if "model_fn" in found else _own(algorithm, directory, settings)
    if not {"predict_fn", "transform_fn"} & found.keys() and not hasattr(loaded, "predict"):
        raise UserError(f"{type(loaded).__name__} of model_fn has no predict; define predict_fn", where="model, script")
    if "model_warmup_fn" in found:
        call("model_warmup_fn", str(directory), loaded)
    return UserCode(directory, settings, found, loaded)


def _own(algorithm: str, directory: Path, settings: Settings) -> Predictor:
    if not algorithm:
        raise UserError(
            "the script has no model_fn, and this image has no algorithm that loads models; define model_fn"
        )
    return Predictor(model.load(algorithm, directory, replace(settings, outputs=())))


def _described(directory: Path) -> bool:
    """Whether there is a model.json of ours, whole or not: other libraries, too, call files of theirs so."""
    path = directory / artifact.MANIFEST_NAME
    if path.is_symlink() or not path.is_file():
        return os.path.lexists(path)
    with path.open("rb") as stream:
        text = stream.read(MANIFEST_BYTES + 1)
    try:
        document = orjson.loads(text) if len(text) <= MANIFEST_BYTES else None
    except ValueError:
        return True
    ours = isinstance(document, dict) and {"format", "files"} <= document.keys()
    if not ours:
        log.warning("%s is not one that lists the model's files: nothing is verified", artifact.MANIFEST_NAME)
    return ours
