"""`serve` as it runs, and what a client does to it: bad framing, slowness, predictions that take long."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost

if TYPE_CHECKING:
    from conftest import Server

ROW = b"1,2,3,4\n"
POST = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    assert found, answer
    return int(found[1])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


# Framing


def test_served_row_is_the_librarys(shared: Server, trained: Any) -> None:
    expected = trained("binary:logistic").predict(xgboost.DMatrix(np.array([[1, 2, 3, 4]])))
    code, body = shared.ask("POST", "/invocations", ROW)
    assert code == 200
    assert np.float32(body) == expected[0]


@pytest.mark.parametrize("size", [999_996, 1_000_000, 1_000_004, 2_600_000])
def test_chunked_body_is_whole_or_413(shared: Server, size: int) -> None:
    rows = b"1,2,3,4\n" * (size // 8) + b"\n" * (size % 8)
    body = b"".join(chunk(rows[at : at + 65536]) for at in range(0, size, 65536))
    answer = shared.raw(POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n", body + b"0\r\n\r\n")
    assert status(answer) == (200 if size <= 1_000_000 else 413)
    if size <= 1_000_000:
        assert answer.count(b"\n", answer.index(b"\r\n\r\n") + 4) >= size // 8


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (b"Content-Length: 8\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", 400),
        (b"Content-Length: 8\r\nContent-Length: 9\r\n", ROW, 400),
        (b"Content-Length: -1\r\n", ROW, 400),
        (b"Content-Length: 100000000000000000000\r\n", ROW, 413),
        (b"Content-Length: 50\r\n", ROW, 400),
        (b"Transfer-Encoding: chunked\r\n", b"zz\r\nabc\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n", chunk(ROW), 400),
        (b"Transfer-Encoding: strange\r\n", ROW, 501),
        (b"X: a\r\n b\r\n", b"", 400),
        (b"X: a\0b\r\n", b"", 400),
        (b"X" * 9000 + b": a\r\n", b"", 431),
        (b"".join(b"X-%d: a\r\n" % n for n in range(200)), b"", 431),
    ],
    ids=[
        "length and chunked",
        "two lengths",
        "negative length",
        "huge length",
        "short body",
        "chunk size",
        "no last chunk",
        "unknown coding",
        "folded header",
        "NUL in header",
        "9 kB header",
        "200 headers",
    ],
)
def test_bad_framing_is_refused_in_json(shared: Server, head: bytes, body: bytes, expected: int) -> None:
    answer = shared.raw(POST + head + b"\r\n" + body, end=True)
    assert status(answer) == expected
    assert list(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]) == ["code", "message", "where"]
    assert shared.ask("GET", "/ping")[0] == 200


def test_413_reaches_a_client_that_sends_all_of_its_body(shared: Server) -> None:
    assert shared.ask("POST", "/invocations", b"1" * 8_000_000)[0] == 413


def test_connection_is_kept(shared: Server) -> None:
    request = POST + b"Content-Length: 8\r\n\r\n" + ROW
    last = POST + b"Content-Length: 8\r\nConnection: close\r\n\r\n" + ROW
    assert shared.raw(request, request, last).count(b"HTTP/1.1 200") == 3


# Slow clients and long predictions


def test_ping_answers_beside_40_slow_headers_and_40_slow_bodies(shared: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(80)]
    for place, connection in enumerate(slow):
        connection.sendall(b"GET /pi" if place % 2 else POST + b"Content-Length: 100\r\n\r\n1,2")
    times = []
    for _ in range(20):
        started = time.monotonic()
        assert shared.ask("GET", "/ping")[0] == 200
        times.append(time.monotonic() - started)
    for connection in slow:
        connection.close()
    assert sorted(times)[-2] < 0.5


HUNG = """
import sys, time
from serving import predictions, serve
from serving.xgboost import native
predictions.QUICK_SECONDS = 0.0001  # 5,000 rows are not quick, one is
original = native.Booster.predict
def predict(self, features, *rest):
    if features.shape[0] > 1000:
        {wait}
    return original(self, features, *rest)
native.Booster.predict = predict
sys.exit(serve.main())
"""
SLEEPING = "time.sleep(3)  # as a native call does, it lets other threads run"
"""What stands in for a long prediction."""


@pytest.fixture
def start_hung(start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Server]:
    """A server whose predictions of more than 1,000 rows take long."""

    def run(wait: str, **environment: str) -> Server:
        original = subprocess.Popen
        code = HUNG.format(wait=wait)
        monkeypatch.setattr(subprocess, "Popen", lambda command, **more: original([command[0], "-c", code], **more))
        return start(**environment)

    return run


def in_background(server: Server, rows: int) -> tuple[threading.Thread, list[int]]:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(server.ask("POST", "/invocations", ROW * rows, 30)[0]))
    thread.start()
    time.sleep(0.5)
    return thread, codes


def test_ping_and_small_requests_answer_during_a_long_prediction(start_hung: Callable[..., Server]) -> None:
    server = start_hung(SLEEPING, SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()
    thread, codes = in_background(server, 5000)
    for path, body in (("/ping", None), ("/invocations", ROW)):
        started = time.monotonic()
        assert server.ask("POST" if body else "GET", path, body)[0] == 200
        assert time.monotonic() - started < 0.5
    assert codes == []
    thread.join()
    assert codes == [200]


def test_sigterm_answers_what_was_accepted(start_hung: Callable[..., Server]) -> None:
    server = start_hung(SLEEPING, SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()
    thread, codes = in_background(server, 5000)
    code, seconds = server.stop()
    thread.join()
    assert codes == [200]
    assert code == 0
    assert seconds < 6
    assert server.refuses


def test_hung_prediction_ends_in_500_and_a_new_worker(start_hung: Callable[..., Server]) -> None:
    server = start_hung(
        "time.sleep(60)", SAGEMAKER_MODEL_SERVER_WORKERS="1", SAGEMAKER_MODEL_SERVER_TIMEOUT="1"
    ).ready()
    assert server.ask("POST", "/invocations", ROW * 5000, 10)[0] == 500
    time.sleep(1)
    assert server.ready().ask("POST", "/invocations", ROW)[0] == 200
    assert server.stop()[0] == 0
