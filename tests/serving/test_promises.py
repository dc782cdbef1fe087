"""Promises of CONTAINERS_FOR_SM.md that need a whole server: its memory under every request, its ping under load."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract import limits
from tests.corpus import cases
from tests.corpus.cases import Case
from tests.corpus.client import complaint

if TYPE_CHECKING:
    from conftest import Server

AMPLIFYING = [
    case
    for case in cases.served()
    if case.path.suffix == ".repeat" or "10_12" in case.path.name or "2e9" in case.path.name
]
MOST_BYTES = limits.REQUEST_MEMORY_FACTOR * limits.PAYLOAD_BYTES
SLOW_CLIENTS = 40
HALF_A_REQUEST = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 99\r\n\r\n1,"
PINGS = 400
PING_P99_SECONDS = 0.1


@pytest.mark.parametrize("case", AMPLIFYING, ids=str)
def test_memory_of_a_request_is_bounded(corpus_server: Server, case: Case) -> None:
    workers = corpus_server.workers()
    before = {worker: held(worker, "VmRSS") for worker in workers}
    for worker in workers:
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # forget the peak so far
    assert complaint(case, corpus_server.port) == ""
    assert max(held(worker, "VmHWM") - before[worker] for worker in workers) < MOST_BYTES


def held(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def test_ping_is_quick_under_full_load_beside_slow_clients(corpus_server: Server) -> None:
    done = threading.Event()
    answers: list[int] = []
    rows = b"1,2,3\n" * 1000
    slow_clients: list[socket.socket] = []

    def load() -> None:
        while not done.is_set():
            answers.append(corpus_server.ask("POST", "/invocations", rows)[0])

    with ExitStack() as stack:
        for place in range(SLOW_CLIENTS):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", corpus_server.port)))
            slow.sendall(b"GET /pi" if place % 2 else HALF_A_REQUEST)
            slow_clients.append(slow)
        clients = [threading.Thread(target=load) for _ in range(4)]
        for client in clients:
            client.start()
            stack.callback(client.join)
        stack.callback(done.set)
        times = sorted(ping_seconds(corpus_server) for _ in range(PINGS))
        assert select.select(slow_clients, [], [], 0)[0] == [], "slow clients were turned away"
    assert set(answers) == {200}
    assert len(answers) > PINGS / 10
    assert times[int(PINGS * 0.99)] < PING_P99_SECONDS, f"{times[-5:]} at {len(answers)} invocations beside"


def ping_seconds(server: Server) -> float:
    time.sleep(0.005)
    started = time.monotonic()
    assert server.ask("GET", "/ping")[0] == 200
    return time.monotonic() - started
