"""Answers that go out while they are computed, by a whole server: in chunks, early, and never ended by a failure."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Server = Any
ROW = b"1,2,3,4\n"
EVIL = b"666,2,3,4\n"
ROWS = 200
PATCH = """
import time
from serving import predictions
from serving.xgboost import native
predictions.BLOCK_ROWS = 10
predict = native.Booster.predict
def slow(self, features, *rest):
    if (features[:, 0] == 666).any():
        raise RuntimeError("the library failed")
    time.sleep(0.02)
    return predict(self, features, *rest)
native.Booster.predict = slow
"""
"""Python runs a module of this name wherever it starts: blocks are small, and take their time."""


@pytest.fixture
def server(tmp_path: Path, start: Callable[..., Server]) -> Server:
    (tmp_path / "sitecustomize.py").write_text(PATCH)
    root = Path(__file__).parents[2]
    return start(PYTHONPATH=f"{tmp_path}:{root}", SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()


def test_first_rows_come_long_before_the_last(server: Server) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        began = time.monotonic()
        connection.request("POST", "/invocations", ROW * ROWS, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        start = answer.read(1)
        first = time.monotonic() - began
        body = start + answer.read()
        whole = time.monotonic() - began
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert len(body.splitlines()) == ROWS
        assert first < whole / 2
        connection.request("GET", "/ping")  # the connection is in order
        assert connection.getresponse().status == 200


def test_document_in_chunks_is_one_document(server: Server) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        headers = {"Content-Type": "text/csv", "Accept": "application/json"}
        connection.request("POST", "/invocations", ROW * ROWS, headers)
        assert len(json.load(connection.getresponse())["predictions"]) == ROWS


def test_failure_amid_the_answer_breaks_the_connection(server: Server) -> None:
    body = ROW * 100 + EVIL
    head = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer = server.raw(head + body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"0.") >= 10
    assert not answer.endswith(b"0\r\n\r\n")
    assert server.ask("GET", "/ping")[0] == 200
    assert "broke off" in server.log.read_text()


def test_failure_in_the_first_rows_has_its_status(server: Server) -> None:
    assert server.ask("POST", "/invocations", EVIL + ROW * ROWS)[0] == 500


def test_client_of_http_1_0_gets_the_answer_until_the_end_of_the_connection(server: Server) -> None:
    body = ROW * 20
    head = b"POST /invocations HTTP/1.0\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % len(body)
    head, _, rows = server.raw(head + body).partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert len(rows.splitlines()) == 20
