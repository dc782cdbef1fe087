"""Serving containers that lack something, lose processes, are stopped at work, or whose model is bad."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from docker.models.containers import Container

from contract import limits

Ask = Callable[..., tuple[int, str]]
Invoke = Callable[..., tuple[int, bytes]]
Run = Callable[..., Any]
Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
CLIENTS = 8
ROW = "0.1,0.2,0.3\n"
WORKERS = "for arbiter in $(cat /proc/1/task/1/children); do cat /proc/$arbiter/task/*/children; done"
LACKING = {
    "no /dev/shm": {"ipc_mode": "none"},
    "a read-only /dev/shm": {"tmpfs": {"/dev/shm": "ro"}},
    "no IPv6": {"sysctls": {"net.ipv6.conf.all.disable_ipv6": "1"}},
}
EXPLAIN = {"X-Amzn-SageMaker-Custom-Attributes": "explain=shap"}
"""Contributions of 100,000 rows take about a second."""


def workers(container: Container) -> list[str]:
    """The ids of the processes that answer: children of the arbiter, which is the first process's child."""
    return sorted(container.exec_run(["sh", "-c", WORKERS]).output.decode().split())


def predictions(model: Path, rows: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    booster = xgboost.Booster(model_file=bytearray((model / "xgboost-model").read_bytes()))
    scores: np.ndarray[Any, np.dtype[np.float32]] = booster.predict(xgboost.DMatrix(rows))
    return scores


@contextmanager
def at_once(work: Callable[[], tuple[int, bytes]]) -> Iterator[list[Future[tuple[int, bytes]]]]:
    """The same request from all clients at the same time; the answers are there after the block."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        yield [clients.submit(work) for _ in range(CLIENTS)]


@pytest.mark.parametrize("lacking", LACKING)
def test_serves_without(lacking: str, serve: Serve, ask: Ask) -> None:
    assert ask(serve(**LACKING[lacking]), "POST", "/invocations", ROW)[0] == 200


@pytest.mark.parametrize("cpus", [0.5, 1])
def test_one_cpu_is_one_worker(cpus: float, serve: Serve) -> None:
    container = serve(nano_cpus=int(cpus * 1e9))
    time.sleep(0.5)  # it answers before its last worker is there
    assert len(workers(container)) == 1


def test_largest_payloads_at_once_fit_into_512_mb(model: Path, serve_published: Serve, invoke: Invoke) -> None:
    container = serve_published(mem_limit="512m", memswap_limit="512m")
    before = workers(container)
    rows = np.random.default_rng(7).integers(0, 2, (1024, 3)).astype(np.float32)
    body = "".join(f"{a:.0f},{b:.0f},{c:.0f}\n" for a, b, c in rows).encode() * 1024
    assert len(body) == limits.PAYLOAD_BYTES
    with at_once(lambda: invoke(container, body)) as answers:
        pass  # the block ends when all are answered
    expected = predictions(model, rows)
    for status, content in (answer.result() for answer in answers):
        assert status in (200, 429, 503), content
        if status == 200:
            scores = np.array(content.split(), np.float32).reshape(-1, len(rows))
            assert (scores == expected).all()
    assert any(answer.result()[0] == 200 for answer in answers)
    assert set(before) <= set(workers(container))
    container.reload()
    assert not container.attrs["State"]["OOMKilled"]


def test_next_request_is_answered_after_workers_are_killed(serve_published: Serve, invoke: Invoke) -> None:
    container = serve_published()
    before = workers(container)
    assert container.exec_run(["sh", "-c", f"kill -9 {' '.join(before)}"]).exit_code == 0
    deadline = time.monotonic() + 2
    while (status := answered(container, invoke)) != 200:
        assert time.monotonic() < deadline, status
        time.sleep(0.05)
    while set(before) & set(after := workers(container)) or len(after) < len(before):
        assert time.monotonic() < deadline, (before, after)


def answered(container: Container, invoke: Invoke) -> int:
    try:
        return invoke(container, ROW.encode())[0]
    except OSError:  # it reached a worker that was being killed
        return 0


def test_stop_answers_the_requests_in_flight(serve_published: Serve, invoke: Invoke) -> None:
    container = serve_published(environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    with at_once(lambda: invoke(container, ROW.encode() * 100_000, **EXPLAIN)) as answers:
        time.sleep(0.5)
        assert not all(answer.done() for answer in answers)
        container.stop(timeout=30)
    assert [answer.result()[0] for answer in answers] == [200] * CLIENTS
    assert container.wait()["StatusCode"] == 0


@pytest.mark.parametrize("manifest", [True, False])
def test_cut_model_ends_with_one_line(manifest: bool, reference: str, model: Path, run: Run) -> None:
    """The manifest's sum tells; and without a manifest, the library's reader."""
    file = model / "xgboost-model"
    file.write_bytes(file.read_bytes()[:-100])
    if not manifest:
        (model / "model.json").unlink()
    began = time.monotonic()
    done = run(reference, "serve", volumes=[f"{model}:/opt/ml/model:ro"])
    assert time.monotonic() - began < 10
    assert done.code == 1
    said = [line for line in done.output.splitlines() if "no model.json beside" not in line]
    assert len(said) == 1, done.output
    assert said[0].startswith("serve: ")
