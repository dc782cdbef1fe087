"""The algorithm's own road from a body to an answer: decode, predict, encode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from time import perf_counter
from typing import NamedTuple

import numpy as np

from contract import codecs, media_type
from contract.codecs import Codec
from contract.dataset import Dataset, Layout
from contract.errors import UserError, show
from serving import answers
from serving.answers import Answer, Timings
from serving.invocation import ATTRIBUTES, Invocation
from serving.model import Model
from serving.settings import UNBOUNDED, Settings

EXPLAIN = "explain=shap"
"""Among the custom attributes it asks for SHAP contributions beside the prediction."""
_EXPLAIN_KEY = EXPLAIN.partition("=")[0]
QUICK_SECONDS = 0.005
"""The longest that a request may hold up the event loop: what is expected to take longer is computed beside it."""
_TRIAL_ROWS = 256
"""As many as are timed: of a single row most is the call itself."""
_BYTES_A_CELL = 2
"""The fewest that a value takes in csv."""
BLOCK_ROWS, EXPLAINED_ROWS = 10_000, 100
"""Rows of a body that are answered at once, without and with contributions; what has more is answered in blocks."""
BLOCK_VALUES = 1_000_000
"""The most values in the answer to a block, however many a row has; a row is never parted."""


class _Form(NamedTuple):
    """What an answer is to look like."""

    media_type: str
    explain: bool = False
    batch: bool = False


@dataclass
class Predictions:
    """A Service (serving.service) of a model."""

    model: Model
    settings: Settings
    quick_bytes: int = 0
    """Bodies up to this size are answered within QUICK_SECONDS."""
    block_rows: int = UNBOUNDED
    """The most rows whose answers are BLOCK_VALUES."""

    def check(self, invocation: Invocation) -> None:
        self._read(invocation)
        self._accept(invocation)
        if invocation.attributes:
            self._explain(invocation)

    def one_piece(self, invocation: Invocation) -> str:
        codec, _ = self._read(invocation)
        if codec.CONTENT_TYPES[0] != "application/json":
            return ""
        return "JSON is one document; text/csv and application/jsonlines, which are read row by row, may be larger"

    def respond(self, invocation: Invocation) -> Answer:
        codec, parameters = self._read(invocation)
        form, manners = self._form(invocation), self.model.manners
        source = "body" if invocation.content_type else f"body (no Content-Type: read as {manners.content_type})"
        layout = Layout(width=self.model.schema.count, missing=self.model.schema.missing_allowed)
        most = EXPLAINED_ROWS if form.explain else min(BLOCK_ROWS, self.block_rows)
        if invocation.file is not None:
            with _naming_the_header():
                read = codec.read_alone(invocation.file, layout, parameters, source)
                return self._answer_blocks((part for block in read for part in block.blocks(most)), form)
        started = perf_counter()
        with _naming_the_header():
            dataset = codec.decode(invocation.content, layout, parameters, source)
        if not 0 < dataset.rows <= most:
            return self._answer_blocks(dataset.blocks(most), form)
        decoded = perf_counter()
        table = self.model.predict(dataset, explain=form.explain)
        predicted = perf_counter()
        body = answers.encode(table, form.media_type, manners.style, batch=form.batch)
        timings = Timings(decoded - started, predicted - decoded, perf_counter() - predicted)
        return Answer("200 OK", body, form.media_type, timings=timings)

    def _read(self, invocation: Invocation) -> tuple[Codec, Mapping[str, str]]:
        manners = self.model.manners
        return _reader(invocation.content_type or manners.content_type, manners.formats)

    def _accept(self, invocation: Invocation) -> str:
        return _writer(invocation.accept, self.settings.accept or self.model.manners.accept)

    def _explain(self, invocation: Invocation) -> bool:
        explain = _explains(invocation.attributes)
        if explain and not self.model.manners.explains:
            raise UserError(
                f"{EXPLAIN} asks for SHAP contributions, which models of this algorithm do not give; leave it out",
                where=f"header {ATTRIBUTES}",
            )
        return explain

    def _form(self, invocation: Invocation) -> _Form:
        accept, explain = self._accept(invocation), bool(invocation.attributes) and self._explain(invocation)
        if not self.settings.batch or not self.model.manners.batch_lines or self.settings.outputs or explain:
            return _Form(accept, explain)
        return _Form(accept if accept == "text/csv" else "application/jsonlines", batch=True)

    def _answer_blocks(self, blocks: Iterator[Dataset], form: _Form) -> Answer:
        """An answer whose first chunk is there: what is wrong with the first rows still has its own status."""
        block = next(blocks, None)
        if block is None:
            raise UserError("the body holds no rows; send at least one", where="body")
        tables = (self.model.predict(one, explain=form.explain) for one in chain((block,), blocks))
        chunks = answers.encode_blocks(tables, form.media_type, self.model.manners.style, batch=form.batch)
        return Answer("200 OK", content_type=form.media_type, chunks=chain((next(chunks),), chunks))

    def quick(self, invocation: Invocation) -> bool:
        # Contributions cost a thousand times the prediction.
        return len(invocation.content) <= self.quick_bytes and not (
            invocation.attributes and _explains(invocation.attributes)
        )

    def try_out(self) -> None:
        """Answer a row, so that what that loads is there before the workers part, then predict by the clock."""
        width = self.model.schema.count
        self.respond(Invocation(b",".join([b"0"] * width), "text/csv"))
        columns = self.model.predict(Dataset(np.zeros((1, width), np.float32))).columns.values()
        self.block_rows = max(1, BLOCK_VALUES // max(1, sum(column.size for column in columns if column is not None)))
        trial = min(_TRIAL_ROWS, self.block_rows)
        started = perf_counter()
        self.model.predict(Dataset(np.zeros((trial, width), np.float32)))
        rows = int(QUICK_SECONDS / (perf_counter() - started) * trial)
        self.quick_bytes = 0 if self.model.exclusive else rows * width * _BYTES_A_CELL

    def count(self) -> int:
        return 1

    def set_threads(self, count: int) -> None:
        self.model.set_threads(count)


@lru_cache(maxsize=64)
def _reader(content_type: str, formats: tuple[str, ...]) -> tuple[Codec, Mapping[str, str]]:
    with _naming_the_header():
        media = media_type.parse(content_type)
        return codecs.find(media, formats), media.parameters


@lru_cache(maxsize=64)
def _explains(attributes: str) -> bool:
    """Whether SHAP contributions are asked for, in whatever case. Raises UserError for other explanations."""
    asked = False
    for attribute in attributes.replace(" ", "").split(","):
        if attribute.partition("=")[0].lower() == _EXPLAIN_KEY:
            if attribute.lower() != EXPLAIN:
                raise UserError(f"{show(attribute)} is not accepted; expected {EXPLAIN}", where=f"header {ATTRIBUTES}")
            asked = True
    return asked


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
def _writer(accept: str, default: str) -> str:
    offered = dict.fromkeys((media_type.parse(default).name, *answers.WRITERS))
    name = media_type.best(accept, tuple(offered))
    if name is None:
        raise UserError(
            f"none of the media types in {show(accept)} can be answered; accept one of {', '.join(answers.WRITERS)}",
            where="header Accept",
            code="not_acceptable",
        )
    return name


def check_default(settings: Settings) -> None:
    """Raises UserError where what an absent Accept means cannot be answered."""
    if settings.accept and media_type.parse(settings.accept).name not in answers.WRITERS:
        raise UserError(
            f"environment variable SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: {show(settings.accept)} is not one of "
            f"{', '.join(answers.WRITERS)}"
        )
