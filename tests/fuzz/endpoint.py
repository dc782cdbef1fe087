"""A whole invocation, from the request's headers and body to the answer, without a connection and without a library."""

from __future__ import annotations

import io
import json
from unittest import mock

import numpy as np

from contract.dataset import Dataset, Sparse
from contract.manifest import Schema
from serving import predictions
from serving.answers import WRITERS, Table
from serving.app import Application
from serving.invocations import Endpoint
from serving.manners import Manners
from serving.predictions import Predictions
from serving.settings import Settings

WIDTH = 3
_REFUSED = {400, 406, 413, 415}
_LONGEST, _SMALL = 2048, 16


class Echo:
    """A Model that answers with the first feature, and contributes with all of them."""

    schema = Schema(WIDTH)
    exclusive = False
    manners = Manners(content_type="text/libsvm", accept="text/csv", explains=True)

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        rows = dataset.features
        if isinstance(rows, Sparse):
            rows = np.full((dataset.rows, WIDTH), np.nan, np.float32)
        assert rows.shape == (dataset.rows, WIDTH)
        return Table({"score": rows[:, 0]} | ({"contributions": rows} if explain else {}), dataset.rows)

    def set_threads(self, count: int) -> None:
        pass


def invoke(data: bytes) -> None:
    """Three lines (Content-Type, Accept, custom attributes), then the body.

    Answered at once, in blocks of rows, or by way of files, the answer is the same; but a file is no road for JSON.
    """
    content_type, accept, attributes, body = (data.split(b"\n", 3) + [b""] * 3)[:4]
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/invocations",
        "CONTENT_TYPE": content_type.decode("latin-1"),
        "HTTP_ACCEPT": accept.decode("latin-1"),
        "HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES": attributes.decode("latin-1"),
    }
    sized = environ | {"CONTENT_LENGTH": str(len(body))}
    whole = _ask(_application, sized, body)
    _check(*whole)
    with mock.patch.multiple(predictions, BLOCK_ROWS=2, EXPLAINED_ROWS=1):
        assert _ask(_application, sized, body) == whole
        by_file = _ask(_spooling, environ, body)
    assert by_file == whole or _status(by_file) == 413 or _status(by_file) == _status(whole) == 400


def _ask(application: Application, environ: dict[str, str], body: bytes) -> tuple[str, str, bytes]:
    """The answer's status, media type and body."""
    said: list[tuple[str, str]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        found = {name.lower(): value for name, value in headers}
        lengths.append(int(found.get("content-length", -1)))
        said.append((status, found["content-type"]))

    lengths: list[int] = []
    chunks = application(environ | {"wsgi.input": io.BytesIO(body)}, start)  # type: ignore[arg-type]  # less than WSGI's
    answer = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    ((status, content_type),) = said
    assert lengths[0] in (-1, len(answer))
    return status, content_type, answer


def _status(answer: tuple[str, str, bytes]) -> int:
    return int(answer[0][:3])


def _check(status: str, content_type: str, answer: bytes) -> None:
    if status != "200 OK":
        assert int(status[:3]) in _REFUSED, answer
        assert set(json.loads(answer)["error"]) == {"code", "message", "where"}
    elif content_type == "application/json":
        assert json.loads(answer)["predictions"]
    else:
        assert content_type in WRITERS
        assert answer


_settings = Settings(payload_bytes=_LONGEST)
_application = Application(Endpoint(_settings, Predictions(Echo(), _settings)))
_small = Settings(payload_bytes=_LONGEST, whole_bytes=_SMALL)
_spooling = Application(Endpoint(_small, Predictions(Echo(), _small)))
