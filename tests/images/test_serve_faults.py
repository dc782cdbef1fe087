"""Serving containers that lack something, and whose model is bad or gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docker.models.containers import Container

from contract import limits
from tests.images.endpoints import all_workers, ask, insist, invoke, workers

Run = Callable[..., Any]
Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
CLIENTS = 8
ROW = "0.1,0.2,0.3\n"
LACKING = {
    "no /dev/shm": {"ipc_mode": "none"},
    "a read-only /dev/shm": {"tmpfs": {"/dev/shm": "ro"}},
    "no IPv6": {"sysctls": {"net.ipv6.conf.all.disable_ipv6": "1"}},
}


@pytest.mark.parametrize("lacking", LACKING)
def test_serves_without(lacking: str, serve: Serve) -> None:
    assert ask(serve(**LACKING[lacking]), "POST", "/invocations", ROW)[0] == 200


@pytest.mark.parametrize("cpus", [0.5, 1])
def test_one_cpu_is_one_worker(cpus: float, serve: Serve) -> None:
    assert len(all_workers(serve(nano_cpus=int(cpus * 1e9)))) == 1


def test_largest_payloads_at_once_fit_into_512_mb(serve_published: Serve) -> None:
    """Each answer is 200, or a 503 that says when to come again: who does gets the 200 then."""
    container = serve_published(mem_limit="512m", memswap_limit="512m")
    before = all_workers(container)
    rows = np.random.default_rng(7).integers(0, 2, (1024, 3))
    lines = "".join(f"{a},{b},{c}\n" for a, b, c in rows).encode()
    status, expected = insist(container, lines)
    assert status == 200, expected
    body = lines * 1024
    assert len(body) == limits.PAYLOAD_BYTES
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda _: insist(container, body), range(CLIENTS)))
    for status, content in answers:
        assert status == 200, content
        assert content == expected * 1024
    assert workers(container) == before
    container.reload()
    assert not container.attrs["State"]["OOMKilled"]


def test_full_tmp_costs_no_small_request(serve_published: Serve) -> None:
    container = serve_published(read_only=True, tmpfs={"/tmp": "size=1m"})
    before = all_workers(container)
    assert "No space left" in container.exec_run(["sh", "-c", "head -c 2M /dev/zero >/tmp/full"]).output.decode()
    assert invoke(container, ROW.encode())[0] == 200
    status, content = invoke(container, b"0,0,0\n" * (limits.PAYLOAD_BYTES // 6))
    assert status == 200, content
    assert invoke(container, ROW.encode())[0] == 200
    assert workers(container) == before


def test_model_is_needed_for_the_start_only(model: Path, serve_published: Serve) -> None:
    """Nor does a worker that is started later read it."""
    container = serve_published()
    for file in model.iterdir():
        file.unlink()
    assert container.exec_run(["ls", "-A", "/opt/ml/model"]).output == b""
    answered = invoke(container, ROW.encode())
    assert answered[0] == 200
    assert container.exec_run(["sh", "-c", f"kill -9 {' '.join(workers(container))}"]).exit_code == 0
    assert invoke(container, ROW.encode()) == answered


def test_taken_port_ends_with_one_line(reference: str, trained: Path, endpoint: Container, run: Run) -> None:
    volumes, network = [f"{trained}:/opt/ml/model:ro"], f"container:{endpoint.id}"
    second = run(reference, "serve", volumes=volumes, network_mode=network)
    assert second.code == 3
    assert re.fullmatch(r"serve: cannot listen on port 8080: .*\n", second.output)
