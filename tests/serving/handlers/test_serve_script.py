"""Scripts in `serve` as it runs: in a worker, beside its event loop, and those that end it before it starts."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parent / "scripts"
CORPUS = Path(__file__).parents[2] / "corpus" / "scripts"
ON = {"SAGEMAKER_USER_CODE": "true", "SAGEMAKER_ALGORITHM": ""}
Start = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, launch: Start) -> Start:
    """Starts `serve` on a model without an algorithm: `run("steps", SAGEMAKER_MODEL_SERVER_WORKERS="1")`."""

    def run(name: str, folder: Path = SCRIPTS, **environment: str) -> Any:
        code = tmp_path / "model" / "code"
        code.mkdir(parents=True)
        shutil.copy(folder / f"{name}.py", code / "inference.py")
        (tmp_path / "model" / "weights.json").write_text("[1.0, 10.0]")
        return launch(tmp_path, **ON | environment)

    return run


def test_a_model_of_numpy_is_served(run: Start) -> None:
    server = run("steps").ready()
    assert server.ask("POST", "/invocations", b"1,2\n3,4\n") == (200, b'{"sums": [21.0, 43.0]}')
    status, body = server.ask("POST", "/invocations", b"1,x\n")
    assert status == 500
    identifier = json.loads(body)["error"]["message"].split()[-1]
    assert server.ask("POST", "/invocations", b"1,2\n")[0] == 200
    assert server.stop()[0] == 0
    logged = [json.loads(line) for line in server.log.read_text().splitlines()]
    (failed,) = (line for line in logged if "trace" in line)
    assert failed["request_id"] == identifier
    assert 'code/inference.py", line' in failed["trace"]


@pytest.mark.parametrize("name", ["raises_on_import", "exits_on_import", "too_few_arguments", "model_fn_raises"])
def test_bad_script_ends_serve_with_one_line(run: Start, name: str) -> None:
    server = run(name, CORPUS)
    assert server.process.wait(timeout=20) == 1
    (line,) = (line for line in server.log.read_text().splitlines() if not line.startswith("{"))
    assert line.startswith("serve: model, ")
    assert (CORPUS / f"{name}.expected").read_text().strip().replace(name, "inference") in line


def test_processes_threads_and_sockets_work_in_a_worker(run: Start) -> None:
    server = run("native").ready()
    for _ in range(2):
        status, body = server.ask("POST", "/invocations", b"x")
        assert status == 200, server.log.read_text()
        told = {"squares": [0, 1, 4], "child": "child", "heard": "hello", "slept": "slept", "solved": 200.0}
        assert json.loads(body) == told


def test_a_script_that_waits_holds_up_no_ping_and_runs_alone(run: Start) -> None:
    server = run("waiting", SAGEMAKER_MODEL_SERVER_WORKERS="1").ready()
    answers: list[bytes] = []
    asking = [
        threading.Thread(target=lambda: answers.append(server.ask("POST", "/invocations", b"x")[1])) for _ in range(3)
    ]
    for thread in asking:
        thread.start()
    time.sleep(0.1)
    pings = []
    while any(thread.is_alive() for thread in asking):
        began = time.monotonic()
        assert server.ask("GET", "/ping")[0] == 200
        pings.append(time.monotonic() - began)
    assert answers == [b'{"at_once":1}'] * 3
    assert sorted(pings)[len(pings) // 2] < 0.1


def test_a_script_that_does_not_end_takes_its_worker_alone(run: Start) -> None:
    server = run("waiting", SAGEMAKER_MODEL_SERVER_WORKERS="1", SAGEMAKER_MODEL_SERVER_TIMEOUT="1").ready()
    assert server.ask("POST", "/invocations", b"for ever")[0] == 500
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            if server.ask("POST", "/invocations", b"x")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(server.log.read_text())


def test_pieces_arrive_as_they_are_made(run: Start) -> None:
    server = run("waiting").ready()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        began = time.monotonic()
        connection.request("POST", "/invocations", b"pieces", {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        assert answer.read(len(b"piece 0\n")) == b"piece 0\n"
        first = time.monotonic() - began
        assert answer.read() == b"piece 1\npiece 2\n"
        assert time.monotonic() - began > first + 0.3


def test_a_stream_that_fails_breaks_off(run: Start) -> None:
    server = run("streaming").ready()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.request("POST", "/invocations", b"2,fail", {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
    assert server.ask("POST", "/invocations", b"1") == (200, b"piece 0\n")


def test_each_of_several_models_has_its_own_script(tmp_path: Path, launch: Start) -> None:
    for name, factor in (("a", 1), ("b", 2)):
        model = tmp_path / "models" / name / "model"
        (model / "code").mkdir(parents=True)
        (model / "weights.json").write_text(f"[{factor}, {factor}]")
        shutil.copy(SCRIPTS / "steps.py", model / "code" / "inference.py")
    bad = tmp_path / "models" / "bad" / "model"
    (bad / "code").mkdir(parents=True)
    shutil.copy(CORPUS / "raises_on_import.py", bad / "code" / "inference.py")
    server = launch(tmp_path, **ON, SAGEMAKER_MULTI_MODEL="true").ready()

    def load(name: str) -> tuple[int, bytes]:
        body = {"model_name": name, "url": f"/opt/ml/models/{name}/model"}
        answer: tuple[int, bytes] = server.ask("POST", "/models", json.dumps(body).encode())
        return answer

    assert [load(name)[0] for name in ("a", "b")] == [200, 200]
    assert server.ask("POST", "/models/a/invoke", b"1,2\n") == (200, b'{"sums": [3.0]}')
    assert server.ask("POST", "/models/b/invoke", b"1,2\n") == (200, b'{"sums": [6.0]}')
    assert server.ask("POST", "/models/b/invoke", b"x\n")[0] == 500
    status, body = load("bad")
    assert status == 400
    assert b'"where":"model, code/inference.py, line 4"' in body
    assert server.ask("DELETE", "/models/a")[0] == 200
    assert server.ask("POST", "/models/b/invoke", b"1,2\n") == (200, b'{"sums": [6.0]}')
