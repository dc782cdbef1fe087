"""Endpoints whose workers die: by a request, all together, again and again."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from docker.models.containers import Container

from tests.images.endpoints import all_workers, invoke, ping, workers

Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
ROW = b"0.1,0.2,0.3\n"
BACK_SECONDS = 2.0
PINGS = 133


@pytest.mark.parametrize("fault", ["SIGSEGV", "SIGKILL"])
def test_request_that_kills_its_worker_costs_no_other(fault: str, serve_faulty: Serve) -> None:
    container = serve_faulty(fault)
    before = all_workers(container, 2)
    with ThreadPoolExecutor(1) as client:
        pings = client.submit(lambda: [answers(ping, container) for _ in steadily(PINGS)])
        time.sleep(0.2)
        assert not answers(invoke, container, ROW * 2000)
        began = time.monotonic()
        assert invoke(container, ROW)[0] == 200
        assert time.monotonic() - began < BACK_SECONDS
        assert pings.result().count(False) <= 1, "but for one that the same worker had accepted"
    after = workers(container)
    assert len(set(before) & set(after)) == 1, "one worker died, no more"
    assert len(after) == 2


def test_workers_killed_together_are_replaced(serve_published: Serve) -> None:
    container = serve_published(environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    before = all_workers(container, 2)
    kill(container, before)
    deadline = time.monotonic() + BACK_SECONDS
    while not answers(invoke, container, ROW):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert invoke(container, ROW)[0] == 200
    while set(before) & set(after := workers(container)) or len(after) < len(before):
        assert time.monotonic() < deadline, (before, after)


def test_worker_killed_ten_times_in_a_row_is_replaced_ten_times(serve_published: Serve) -> None:
    container = serve_published(environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    killed = []
    for _ in range(10):
        (worker,) = awaited(lambda: [found for found in workers(container) if found not in killed])
        kill(container, [worker])
        killed.append(worker)
    last = awaited(lambda: [found for found in workers(container) if found not in killed])
    assert invoke(container, ROW)[0] == 200
    time.sleep(1)
    assert workers(container) == last, "the worker stays: nothing starts it again and again"


def steadily(times: int, seconds: float = 0.01) -> Iterator[None]:
    for _ in range(times):
        time.sleep(seconds)
        yield


def awaited(find: Callable[[], list[str]]) -> list[str]:
    deadline = time.monotonic() + BACK_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline
    return found


def kill(container: Container, processes: list[str]) -> None:
    assert container.exec_run(["sh", "-c", f"kill -9 {' '.join(processes)}"]).exit_code == 0


def answers(ask: Callable[..., object], *given: object) -> bool:
    """Whether an answer comes, and not the end of the worker that had accepted the connection."""
    try:
        ask(*given)
    except (OSError, http.client.HTTPException):
        return False
    return True
