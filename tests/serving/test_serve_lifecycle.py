"""`serve` from its start to its end: signals, workers that die, models that do not load."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Server


def test_sigterm_when_idle_ends_at_once_though_a_connection_is_kept(start: Callable[..., Server]) -> None:
    server = start().ready()
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(100)
        code, seconds = server.stop()
    assert (code, server.refuses) == (0, True)
    assert seconds < 2


def test_second_sigterm_and_sighup_change_nothing(start: Callable[..., Server]) -> None:
    server = start().ready()
    server.process.send_signal(signal.SIGHUP)
    assert server.ask("GET", "/ping")[0] == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.stop()[0] == 0


def test_killed_worker_is_replaced(start: Callable[..., Server]) -> None:
    server = start(SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()
    for _ in range(3):
        os.kill(server.workers()[0], signal.SIGKILL)
        time.sleep(0.3)
        server.ready()
    assert server.stop()[0] == 0


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


def test_no_model_directory_is_one_line(launch: Callable[..., Server], tmp_path: Path) -> None:
    server = launch(tmp_path)
    assert server.process.wait(timeout=10) == 1
    assert server.log.read_text().startswith("serve: model: there is no model directory")


def test_503_until_the_model_is_loaded(start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import sys, time; from serving import probe, serve; load = probe.load\n"
    slow += "probe.load = lambda *given: (time.sleep(2), load(*given))[1]\nsys.exit(serve.main())"
    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: original([command[0], "-c", slow], **more))
    server = start()
    codes = set()
    deadline = time.monotonic() + server.START_SECONDS
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
