"""Serving containers that lack something, and whose model is bad or gone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
Workers = Callable[[Container], list[str]]
pytestmark = pytest.mark.engine
CLIENTS = 8
ROW = "0.1,0.2,0.3\n"
LACKING = {
    "no /dev/shm": {"ipc_mode": "none"},
    "a read-only /dev/shm": {"tmpfs": {"/dev/shm": "ro"}},
    "no IPv6": {"sysctls": {"net.ipv6.conf.all.disable_ipv6": "1"}},
}


def predictions(model: Path, rows: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    booster = xgboost.Booster(model_file=bytearray((model / "xgboost-model").read_bytes()))
    scores: np.ndarray[Any, np.dtype[np.float32]] = booster.predict(xgboost.DMatrix(rows))
    return scores


@pytest.mark.parametrize("lacking", LACKING)
def test_serves_without(lacking: str, serve: Serve, ask: Ask) -> None:
    assert ask(serve(**LACKING[lacking]), "POST", "/invocations", ROW)[0] == 200


@pytest.mark.parametrize("cpus", [0.5, 1])
def test_one_cpu_is_one_worker(cpus: float, serve: Serve, workers: Workers) -> None:
    container = serve(nano_cpus=int(cpus * 1e9))
    time.sleep(0.5)  # it answers before its last worker is there
    assert len(workers(container)) == 1


def test_largest_payloads_at_once_fit_into_512_mb(
    model: Path, serve_published: Serve, insist: Invoke, workers: Workers
) -> None:
    """Each answer is 200, or a 503 that says when to come again: who does gets the 200 then."""
    container = serve_published(mem_limit="512m", memswap_limit="512m")
    time.sleep(0.5)  # it answers before its last worker is there
    before = workers(container)
    rows = np.random.default_rng(7).integers(0, 2, (1024, 3)).astype(np.float32)
    body = "".join(f"{a:.0f},{b:.0f},{c:.0f}\n" for a, b, c in rows).encode() * 1024
    assert len(body) == limits.PAYLOAD_BYTES
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda _: insist(container, body), range(CLIENTS)))
    expected = predictions(model, rows)
    for status, content in answers:
        assert status == 200, content
        scores = np.array(content.split(), np.float32).reshape(-1, len(rows))
        assert (scores == expected).all()
    assert workers(container) == before
    container.reload()
    assert not container.attrs["State"]["OOMKilled"]


def test_full_tmp_costs_no_small_request(serve_published: Serve, invoke: Invoke, workers: Workers) -> None:
    container = serve_published(read_only=True, tmpfs={"/tmp": "size=1m"})
    assert "No space left" in container.exec_run(["sh", "-c", "head -c 2M /dev/zero >/tmp/full"]).output.decode()
    before = workers(container)
    assert invoke(container, ROW.encode())[0] == 200
    status, content = invoke(container, b"0,0,0\n" * (limits.PAYLOAD_BYTES // 6))
    assert status == 200, content
    assert invoke(container, ROW.encode())[0] == 200
    assert workers(container) == before


def test_model_is_needed_for_the_start_only(
    model: Path, serve_published: Serve, invoke: Invoke, workers: Workers
) -> None:
    """Nor does a worker that is started later read it."""
    container = serve_published()
    for file in model.iterdir():
        file.unlink()
    assert container.exec_run(["ls", "-A", "/opt/ml/model"]).output == b""
    answered = invoke(container, ROW.encode())
    assert answered[0] == 200
    assert container.exec_run(["sh", "-c", f"kill -9 {' '.join(workers(container))}"]).exit_code == 0
    assert invoke(container, ROW.encode()) == answered


def test_taken_port_ends_with_one_line(reference: str, model: Path, serve: Serve, run: Run) -> None:
    first = serve()
    second = run(reference, "serve", volumes=[f"{model}:/opt/ml/model:ro"], network_mode=f"container:{first.id}")
    assert second.code == 3
    assert re.fullmatch(r"serve: cannot listen on port 8080: .*\n", second.output)


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
