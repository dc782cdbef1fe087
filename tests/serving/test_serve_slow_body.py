"""`serve` as it runs, and bodies that do not arrive."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Server

IMPATIENT = "import sys; from serving import exchange, serve; exchange.PAUSE_SECONDS = 0.5; sys.exit(serve.main())"
POST = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
PARTS = {
    "none of it": b"Content-Length: 8\r\n\r\n",
    "half of it": b"Content-Length: 8\r\n\r\n1,2,",
    "half of a large one": b"Content-Length: 1000000\r\n\r\n" + b"1,2,3,4\n" * 60_000,
    "a chunk": b"Transfer-Encoding: chunked\r\n\r\n8\r\n1,2,3,4\n\r\n",
    "half of a chunk": b"Transfer-Encoding: chunked\r\n\r\n8\r\n1,2,",
}


@pytest.fixture
def impatient(start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that waits for a body for half a second."""
    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: original([command[0], "-c", IMPATIENT], **more))
    return start().ready()


def test_body_that_does_not_arrive_is_408_and_ends_the_connection(impatient: Server) -> None:
    def ask(part: bytes) -> tuple[bytes, float]:
        with socket.create_connection(("127.0.0.1", impatient.port), timeout=10) as client:
            client.sendall(POST + part)
            began = time.monotonic()
            return b"".join(iter(lambda: client.recv(65536), b"")), time.monotonic() - began

    with ThreadPoolExecutor(len(PARTS)) as clients:
        answers = dict(zip(PARTS, clients.map(ask, PARTS.values()), strict=True))
    for sent, (answer, seconds) in answers.items():
        assert answer.startswith(b"HTTP/1.1 408 "), (sent, answer)
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "slow_body", sent
        assert 0.4 < seconds < 5, sent
    assert impatient.ask("POST", "/invocations", b"1,2,3,4\n")[0] == 200
