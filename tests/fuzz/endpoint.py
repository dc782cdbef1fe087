"""A whole invocation, from the request's headers and body to the answer, without a connection and without a library."""

from __future__ import annotations

import io
import json

import numpy as np

from contract.dataset import Dataset, Sparse
from contract.manifest import Schema
from serving.answers import WRITERS, Table
from serving.app import Application
from serving.invocations import Endpoint
from serving.predictions import Predictions
from serving.settings import Settings

WIDTH = 3
_REFUSED = {400, 406, 413, 415}
_LONGEST = 2048


class Echo:
    """A Model that answers with the first feature, and contributes with all of them."""

    schema = Schema(WIDTH)
    exclusive = False

    def predict(self, dataset: Dataset, *, explain: bool = False) -> Table:
        rows = dataset.features
        if isinstance(rows, Sparse):
            rows = np.full((dataset.rows, WIDTH), np.nan, np.float32)
        assert rows.shape == (dataset.rows, WIDTH)
        return Table({"score": rows[:, 0]} | ({"contributions": rows} if explain else {}), dataset.rows)

    def set_threads(self, count: int) -> None:
        pass


def invoke(data: bytes) -> None:
    """Three lines (Content-Type, Accept, custom attributes), then the body."""
    content_type, accept, attributes, body = (data.split(b"\n", 3) + [b""] * 3)[:4]
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/invocations",
        "CONTENT_TYPE": content_type.decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_ACCEPT": accept.decode("latin-1"),
        "HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES": attributes.decode("latin-1"),
        "wsgi.input": io.BytesIO(body),
    }
    said: dict[str, dict[str, str]] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        said[status] = {name.lower(): value for name, value in headers}

    answer = b"".join(_application(environ, start))  # type: ignore[arg-type]  # a tenth of what WSGI asks of it
    (status, headers), *more = said.items()
    assert not more
    number = int(status[:3])
    assert number == 200 or number in _REFUSED, answer
    assert int(headers.get("content-length", len(answer))) == len(answer)
    if number != 200:
        assert set(json.loads(answer)["error"]) == {"code", "message", "where"}
    elif headers["content-type"] == "application/json":
        assert json.loads(answer)["predictions"]
    else:
        assert headers["content-type"] in WRITERS
        assert answer


_settings = Settings(payload_bytes=_LONGEST)
_application = Application(Endpoint(_settings, Predictions(Echo(), _settings)))
