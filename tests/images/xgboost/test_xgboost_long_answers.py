"""Answers that take long go out while they are computed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import pytest
from docker.models.containers import Container

from tests.images.endpoints import CSV, invoke, send_chunks

pytestmark = pytest.mark.engine
EXPLAIN = CSV | {"X-Amzn-SageMaker-Custom-Attributes": "explain=shap"}
LINES = b"0.1,0.2,0.3\n" * 1000


def test_answer_begins_long_before_its_end_and_waits_for_its_reader(serve_published: Callable[..., Container]) -> None:
    container = serve_published(environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    lines = 50 * LINES
    invoke(container, LINES, **{name.replace("-", "_"): value for name, value in EXPLAIN.items()})
    began = time.monotonic()
    connection, answer = send_chunks(container, [lines], EXPLAIN)
    with closing(connection):
        start = answer.read(1)
        first = time.monotonic() - began
        # The only worker computes for others while this answer is not taken.
        assert invoke(container, lines)[0] == 200
        rest = answer.read()
        whole = time.monotonic() - began
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert (start + rest).count(b"\n") == lines.count(b"\n")
    assert first < whole / 3, (first, whole)
