"""`serve` from its start to its end: signals, workers that die, a port that is taken."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Server

PR_SET_CHILD_SUBREAPER = 36
"""Linux, prctl.h: orphans below this process become its children, as PID 1's do."""


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


@pytest.mark.parametrize("place", ["os.fork", "serve._bind"])
def test_sigterm_before_there_is_a_child_ends_at_once(
    place: str, start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    early = "import os, signal, sys; from serving import serve\n"
    early += f"original, parent = {place}, os.getpid()\n"
    early += "def interrupted(*given):\n    result = original(*given)\n"
    early += "    if os.getpid() == parent: os.kill(parent, signal.SIGTERM)\n    return result\n"
    early += f"{place} = interrupted\nsys.exit(serve.main())"
    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: original([command[0], "-c", early], **more))
    server = start()
    assert server.process.wait(timeout=15) == 0


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


def test_answers_go_on_when_nobody_reads_the_log(start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *given, **more: original(*given, **more | {"stderr": writing}))
    server = start().ready()
    os.close(writing)
    os.close(reading)
    assert {server.ask("POST", "/invocations", b"1,2,3,4\n")[0] for _ in range(3)} == {200}
    assert server.stop()[0] == 0


def test_process_that_left_the_group_does_not_delay_the_end(
    start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PID 1 inherits orphans: a model's script may leave one that runs on."""
    daemon = "import ctypes, subprocess, sys; from serving import probe, serve; load = probe.load\n"
    daemon += f"ctypes.CDLL(None).prctl({PR_SET_CHILD_SUBREAPER}, 1)\n"
    daemon += (
        "probe.load = lambda *given: (subprocess.Popen(['sleep', '20'], start_new_session=True), load(*given))[1]\n"
    )
    daemon += "sys.exit(serve.main())"
    original = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: original([command[0], "-c", daemon], **more))
    code, seconds = start().ready().stop()
    assert code == 0
    assert seconds < 5
