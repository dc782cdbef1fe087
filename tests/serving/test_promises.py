"""Promises of CONTAINERS_FOR_SM.md that need a whole server: real processes, every request body of the corpus, load."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xgboost

from contract import limits

CORPUS = Path(__file__).parents[1] / "corpus"
CONTENT_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "jsonlines": "application/jsonlines",
    "libsvm": "text/libsvm",
    "npy": "application/x-npy",
    "recordio": "application/x-recordio-protobuf",
}
BODIES = sorted(path for group in CONTENT_TYPES for path in (CORPUS / group).iterdir() if path.suffix != ".expected")
AMPLIFYING = [path for path in BODIES if path.suffix == ".repeat" or "10_12" in path.name or "2e9" in path.name]
MOST_BYTES = limits.REQUEST_MEMORY_FACTOR * limits.PAYLOAD_BYTES
SLOW_CLIENTS = 40
PINGS = 400
PING_P99_SECONDS = 0.1


@dataclass(frozen=True)
class Server:
    """A running `serve` in `folder`, with a model of the corpus's three features."""

    port: int
    pid: int
    folder: Path

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "text/csv") -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {"Content-Type": content_type} if body else {})
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def send(self, path: Path) -> int:
        return self.ask("POST", "/invocations", content(path), CONTENT_TYPES[path.parent.name])

    def workers(self) -> list[int]:
        """The processes that answer: children of the arbiter, which is the child of the first process."""
        return sorted(worker for arbiter in children(self.pid) for worker in children(arbiter))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def content(path: Path) -> bytes:
    if path.suffix != ".repeat":
        return path.read_bytes()
    return b"".join(text.encode("latin-1") * times for text, times in json.loads(path.read_text()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("serve")
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 3)).astype(np.float32)
    matrix = xgboost.DMatrix(features, features[:, 0] > 0)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 4, "nthread": 1}, matrix, 20)
    (folder / "model").mkdir()
    (folder / "model" / "xgboost-model").write_bytes(booster.save_raw("ubj"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "SAGEMAKER_BASE_DIR": str(folder),
        "SAGEMAKER_ALGORITHM": "xgboost",
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
    }
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "serving.serve"]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment, cwd=folder)
    started = Server(port, process.pid, folder)
    try:
        await_ready(started, process)
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def await_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if server.ask("GET", "/ping") == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError((server.folder / "log").read_text())


@pytest.mark.parametrize("path", AMPLIFYING, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_memory_of_a_request_is_bounded(server: Server, path: Path) -> None:
    workers = server.workers()
    before = {worker: held(worker, "VmRSS") for worker in workers}
    for worker in workers:
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # forget the peak so far
    server.send(path)
    assert max(held(worker, "VmHWM") - before[worker] for worker in workers) < MOST_BYTES


def held(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def test_no_body_of_the_corpus_kills_a_worker_or_passes_for_another(server: Server) -> None:
    before = server.workers()
    assert len(before) == 2
    answers = {str(path.relative_to(CORPUS)): server.send(path) for path in BODIES}
    assert {name: status for name, status in answers.items() if status != int(Path(name).name[:3])} == {}
    assert server.workers() == before
    assert not (server.folder / "pickle-was-run").exists()


def test_ping_is_quick_under_full_load_beside_slow_clients(server: Server) -> None:
    done = threading.Event()
    answers: list[int] = []
    rows = b"1,2,3\n" * 1000

    def load() -> None:
        while not done.is_set():
            answers.append(server.ask("POST", "/invocations", rows))

    with ExitStack() as stack:
        for place in range(SLOW_CLIENTS):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            slow.sendall(b"GET /pi" if place % 2 else b"POST /invocations HTTP/1.1\r\nContent-Length: 99\r\n\r\n1,")
        clients = [threading.Thread(target=load) for _ in range(4)]
        stack.callback(lambda: [client.join() for client in clients])
        stack.callback(done.set)
        for client in clients:
            client.start()
        times = sorted(ping_seconds(server) for _ in range(PINGS))
    assert set(answers) == {200}
    assert len(answers) > PINGS / 10
    assert times[int(PINGS * 0.99)] < PING_P99_SECONDS, f"{times[-5:]} at {len(answers)} invocations beside"


def ping_seconds(server: Server) -> float:
    time.sleep(0.005)
    started = time.monotonic()
    assert server.ask("GET", "/ping") == 200
    return time.monotonic() - started
