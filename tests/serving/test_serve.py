"""`serve` as it runs: real processes on a free port of the loopback interface."""

from __future__ import annotations

import http.client
import json
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

START_SECONDS = 20
ROW = b"1,2,3,4\n"
POST = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"


class Server:
    """One `serve` process and how to talk to it."""

    def __init__(self, base: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = base / "log"
        settings = {
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_ALGORITHM": "xgboost",
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            **environment,
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAGEMAKER_")}
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "serving.serve"], stdout=stream, stderr=stream, env=clean | settings
            )

    def ready(self) -> Server:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.ask("GET", "/ping")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    def ask(self, method: str, path: str, body: bytes | None = None, seconds: float = 10) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)) as connection:
            connection.request(method, path, body, {"Content-Type": "text/csv"})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def raw(self, *parts: bytes, pause: float = 0, end: bool = False) -> bytes:
        """What comes back for these bytes, until the server closes or says nothing for a while."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
                if end:
                    connection.shutdown(socket.SHUT_WR)
                connection.settimeout(2)
                return b"".join(iter(lambda: connection.recv(65536), b""))
            except (TimeoutError, ConnectionError):
                return b""

    def stop(self) -> tuple[int, float]:
        """SIGTERM: the exit code, and the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        return code, time.monotonic() - started


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def start(tmp_path: Path, trained: Callable[[str], xgboost.Booster]) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def run(content: bytes | None = None, **environment: str) -> Server:
        model = tmp_path / "model"
        model.mkdir(exist_ok=True)
        good = bytes(trained("binary:logistic").save_raw("ubj"))
        (model / "xgboost-model").write_bytes(good if content is None else content)
        servers.append(Server(tmp_path, **environment))
        return servers[-1]

    yield run
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, trained: Any) -> Iterator[Server]:
    """One server for the tests that leave it as it was."""
    base = tmp_path_factory.mktemp("shared")
    (base / "model").mkdir()
    (base / "model" / "xgboost-model").write_bytes(trained("binary:logistic").save_raw("ubj"))
    server = Server(base, MAX_CONTENT_LENGTH="1000000").ready()
    yield server
    assert server.stop()[0] == 0
    assert "Traceback" not in server.log.read_text()


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
from serving import serve
from serving.xgboost import native
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
    assert refused(server.port)


def test_hung_prediction_ends_in_500_and_a_new_worker(start_hung: Callable[..., Server]) -> None:
    server = start_hung(
        "time.sleep(60)", SAGEMAKER_MODEL_SERVER_WORKERS="1", SAGEMAKER_MODEL_SERVER_TIMEOUT="1"
    ).ready()
    assert server.ask("POST", "/invocations", ROW * 5000, 10)[0] == 500
    time.sleep(1)
    assert server.ready().ask("POST", "/invocations", ROW)[0] == 200
    assert server.stop()[0] == 0


def refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


# Start and end


def test_sigterm_when_idle_ends_at_once_though_a_connection_is_kept(start: Callable[..., Server]) -> None:
    server = start().ready()
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(100)
        code, seconds = server.stop()
    assert (code, refused(server.port)) == (0, True)
    assert seconds < 2


def test_second_sigterm_and_sighup_change_nothing(start: Callable[..., Server]) -> None:
    server = start().ready()
    server.process.send_signal(signal.SIGHUP)
    assert server.ask("GET", "/ping")[0] == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.stop()[0] == 0


def test_killed_worker_is_replaced(start: Callable[..., Server]) -> None:
    server = start(SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()
    arbiter = children(server.process.pid)[0]
    for _ in range(3):
        os.kill(children(arbiter)[0], signal.SIGKILL)
        time.sleep(0.3)
        server.ready()
    assert server.stop()[0] == 0


def children(process: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in found.split()]


def test_taken_port_is_one_line_and_a_platform_error(start: Callable[..., Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = start(SAGEMAKER_BIND_TO_PORT=str(port))
        assert server.process.wait(timeout=10) == 3
    assert re.fullmatch(rf"serve: cannot listen on port {port}: .*\n", server.log.read_text())


PICKLE = pickle.dumps({"booster": b"\0" * 100})
NESTED = b'{"learner":' * 20 + b"1" + b"}" * 20


@pytest.mark.parametrize("content", [b"", PICKLE, b"no model", NESTED, b"{L", b"\0" * 5000], ids=repr)
def test_bad_model_is_one_line_within_seconds(start: Callable[..., Server], content: bytes) -> None:
    server = start(content)
    started = time.monotonic()
    assert server.process.wait(timeout=10) == 1
    assert time.monotonic() - started < 10
    lines = [line for line in server.log.read_text().splitlines() if "no model.json" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("serve: model")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_truncated_model_is_one_line_within_seconds(start: Callable[..., Server], trained: Any, share: float) -> None:
    whole = bytes(trained("binary:logistic").save_raw("ubj"))
    test_bad_model_is_one_line_within_seconds(start, whole[: int(len(whole) * share)])


def test_model_that_crashes_the_library_takes_only_the_trial_down(start: Callable[..., Server], trained: Any) -> None:
    """A child index far outside of the tree: the library reads beyond its memory."""
    document = json.loads(bytes(trained("binary:logistic").save_raw("json")))
    for tree in document["learner"]["gradient_booster"]["model"]["trees"]:
        tree["split_indices"] = [2**30 if value >= 0 else value for value in tree["split_indices"]]
    server = start(json.dumps(document).encode())
    assert server.process.wait(timeout=10) != 0
    lines = [line for line in server.log.read_text().splitlines() if "no model.json" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("serve: model")


def test_no_model_directory_is_one_line(tmp_path: Path) -> None:
    server = Server(tmp_path)
    assert server.process.wait(timeout=10) == 1
    assert server.log.read_text().startswith("serve: model: there is no model directory")


def test_503_until_the_model_is_loaded(start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import sys, time; from serving import probe, serve; load = probe.load\n"
    slow += "probe.load = lambda *given: (time.sleep(2), load(*given))[1]\nsys.exit(serve.main())"
    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: original([command[0], "-c", slow], **more))
    server = start()
    codes = set()
    deadline = time.monotonic() + START_SECONDS
    while 200 not in codes and time.monotonic() < deadline:
        try:
            codes.add(server.ask("GET", "/ping")[0])
        except OSError:
            time.sleep(0.02)
    assert codes == {503, 200}


def test_starts_without_home_and_as_nobody_writes_nothing(start: Callable[..., Server], tmp_path: Path) -> None:
    server = start(HOME="/nonexistent").ready()
    assert {path.name for path in tmp_path.iterdir()} == {"model", "log"}
    assert server.stop()[0] == 0
