"""A whole multi-model server: several workers, clients while models come and go, signals."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from conftest import Server

LOADED = ("0", "1", "2")
SECONDS = 5.0
MEGABYTE = 1 << 20
Expected = Callable[[int, bytes], NDArray[np.float32]]


@pytest.fixture
def server(base: Path, launch: Callable[..., Server]) -> Iterator[Server]:
    """`serve` with two workers and three models."""
    started = launch(base, SAGEMAKER_MULTI_MODEL="true", SAGEMAKER_MODEL_SERVER_WORKERS="2").ready()
    for name in LOADED:
        assert load(started, name) == 200
    yield started
    assert "Traceback" not in started.log.read_text()


def load(server: Server, name: str) -> int:
    content = {"model_name": name, "url": f"/opt/ml/models/{name}/model"}
    return server.ask("POST", "/models", json.dumps(content).encode())[0]


def tree(process: int) -> list[int]:
    """A process's descendants."""
    return children(process) + [below for child in children(process) for below in tree(child)]


def temporary(keeper: int) -> Path:
    """Where the keeper's socket lies, and those of the models."""
    open_ones = {str(path.readlink()) for path in Path(f"/proc/{keeper}/fd").iterdir()}
    for line in Path("/proc/net/unix").read_text().splitlines():
        if line.endswith("/keeper") and f"socket:[{line.split()[6]}]" in open_ones:
            return Path(line.split()[7]).parent
    raise AssertionError(open_ones)


def large() -> bytes:
    """A megabyte of csv, and a little more: what a model's process gives back its memory after."""
    rows = np.random.default_rng(7).uniform(-2, 2, (50_000, 4))
    content = "".join(f"{a:.2f},{b:.2f},{c:.2f},{d:.2f}\n" for a, b, c, d in rows).encode()
    assert len(content) > MEGABYTE
    return content


def keeper_of(server: Server) -> int:
    """The arbiter's child that has children."""
    (arbiter,) = children(server.process.pid)
    (keeper,) = [pid for pid in children(arbiter) if children(pid)]
    return keeper


def test_starts_without_any_model(tmp_path: Path, launch: Callable[..., Server]) -> None:
    server = launch(tmp_path, SAGEMAKER_MULTI_MODEL="true").ready()
    assert json.loads(server.ask("GET", "/models")[1]) == {"models": []}
    assert server.stop()[0] == 0


def test_false_is_false(tmp_path: Path, launch: Callable[..., Server]) -> None:
    server = launch(tmp_path, SAGEMAKER_MULTI_MODEL="false")
    assert server.process.wait(timeout=10) == 1
    assert "there is no model directory" in server.log.read_text()


def test_every_worker_knows_what_is_loaded(server: Server) -> None:
    """Each connection may reach the other worker."""
    for _ in range(10):
        assert {server.ask("POST", "/models/0/invoke", b"1,2,3,4\n")[0] for _ in range(10)} == {200}
        assert server.ask("DELETE", "/models/0")[0] == 200
        assert {server.ask("POST", "/models/0/invoke", b"1,2,3,4\n")[0] for _ in range(10)} == {404}
        assert load(server, "0") == 200
        assert load(server, "0") == 409


def test_no_answer_is_lost_or_wrong_while_models_come_and_go(server: Server, expected: Expected) -> None:
    stop = threading.Event()

    def invoke(seed: int) -> int:
        numbers, count = random.Random(seed), 0
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
            while not stop.is_set():
                place = numbers.choice(LOADED)
                row = ",".join(f"{numbers.uniform(-2, 2):.3f}" for _ in range(4)).encode()
                connection.request("POST", f"/models/{place}/invoke", row, {"Content-Type": "text/csv"})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200, body
                assert (np.array(body.split(b","), np.float32) == expected(int(place), row).ravel()).all()
                count += 1
        return count

    def invoke_with_many_rows() -> int:
        rows, count = large(), 0
        predictions = {place: expected(int(place), rows) for place in LOADED}
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
            while not stop.is_set():
                place = LOADED[count % len(LOADED)]
                connection.request("POST", f"/models/{place}/invoke", rows, {"Content-Type": "text/csv"})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200, body
                scores = np.array([line.split(b",") for line in body.split()], np.float32)
                assert (scores == predictions[place].reshape(scores.shape)).all()
                count += 1
        return count

    def invoke_what_comes_and_goes() -> set[int]:
        codes = set()
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
            while not stop.is_set():
                connection.request("POST", "/models/3/invoke", b"1,2,3,4", {"Content-Type": "text/csv"})
                answer = connection.getresponse()
                body = answer.read()
                codes.add(answer.status)
                if answer.status == 200:
                    assert np.float32(body) == expected(3, b"1,2,3,4")[0]
        return codes

    with ThreadPoolExecutor(6) as clients:
        counts = [clients.submit(invoke, seed) for seed in range(4)]
        large_ones = clients.submit(invoke_with_many_rows)
        codes = clients.submit(invoke_what_comes_and_goes)
        deadline = time.monotonic() + SECONDS
        try:
            while time.monotonic() < deadline:
                assert load(server, "3") == 200
                assert server.ask("DELETE", "/models/3")[0] == 200
        finally:
            stop.set()
        assert all(count.result() > 20 for count in counts)
        assert large_ones.result() > len(LOADED)
        assert codes.result() == {200, 404}


def test_sigterm_answers_what_was_accepted_and_leaves_nothing(server: Server) -> None:
    rows = b"1,2,3,4\n" * 100_000
    with ThreadPoolExecutor(4) as clients:
        answers = [clients.submit(server.ask, "POST", f"/models/{name}/invoke", rows) for name in LOADED]
        time.sleep(0.2)
        directory, processes = temporary(keeper_of(server)), tree(server.process.pid)
        assert len(processes) == 1 + 2 + 1 + len(LOADED)
        code, seconds = server.stop()
        assert [answer.result()[0] for answer in answers] == [200] * len(LOADED)
    assert (code, seconds < 25) == (0, True)
    assert not [process for process in processes if Path(f"/proc/{process}").exists()]
    assert not directory.exists()


def test_end_of_the_keeper_ends_everything(server: Server) -> None:
    processes = tree(server.process.pid)
    os.kill(keeper_of(server), signal.SIGKILL)
    assert server.process.wait(timeout=10) == 3
    assert "a process that the workers cannot do without has ended" in server.log.read_text()
    assert not [process for process in processes if running(process)]


def children(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_killed_worker_is_replaced_and_knows_the_models(server: Server) -> None:
    (arbiter,) = children(server.process.pid)
    for worker in [pid for pid in children(arbiter) if not children(pid)]:
        os.kill(worker, signal.SIGKILL)
    time.sleep(0.5)
    server.ready()
    assert server.ask("POST", "/models/0/invoke", b"1,2,3,4\n")[0] == 200


def test_executions_and_description_go_on(server: Server) -> None:
    parameters: dict[str, Any] = json.loads(server.ask("GET", "/execution-parameters")[1])
    assert parameters["BatchStrategy"] == "MULTI_RECORD"
    assert server.ask("GET", "/metrics")[0] == 200
    status, body = server.ask("PUT", "/models/0")
    assert (status, json.loads(body)["error"]["code"]) == (405, "method_not_allowed")
