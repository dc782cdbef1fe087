"""Endpoints that get signals: idle, at work, with a request that hangs."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from docker.models.containers import Container

from contract import limits
from tests.images.endpoints import all_workers, invoke, ping, workers

Connect = Callable[..., socket.socket]
Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
CLIENTS = 8
ROW = b"0.1,0.2,0.3\n"
LARGE = ROW * 5_000
"""Half a second to the endpoint that is made slow."""
HANGING = ("hangs", "hangs alone")


@contextmanager
def at_once(work: Callable[[], tuple[int, bytes]]) -> Iterator[list[Future[tuple[int, bytes]]]]:
    """The same request from all clients at the same time; the answers are there after the block."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        yield [clients.submit(work) for _ in range(CLIENTS)]


def test_sigterm_when_idle_ends_within_a_second(serve_published: Serve, connect: Connect) -> None:
    """Though a client keeps its connection."""
    container = serve_published()
    kept = connect(container)
    kept.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
    assert kept.recv(12) == b"HTTP/1.1 200"
    code, seconds = ended(container)
    assert code == 0
    assert seconds < 1


def test_stop_answers_the_requests_in_flight(serve_faulty: Serve) -> None:
    container = serve_faulty("slow")
    all_workers(container, 2)
    with at_once(lambda: invoke(container, LARGE)) as answers:
        time.sleep(0.5)
        assert not all(answer.done() for answer in answers)
        container.stop(timeout=int(limits.SERVE_STOP_SECONDS))
    assert [answer.result()[0] for answer in answers] == [200] * CLIENTS
    assert container.wait()["StatusCode"] == 0


def test_second_sigterm_takes_no_answer_away(serve_faulty: Serve) -> None:
    container = serve_faulty("slow")
    all_workers(container, 2)
    with at_once(lambda: invoke(container, LARGE)) as answers:
        time.sleep(0.5)
        assert not all(answer.done() for answer in answers)
        container.kill("SIGTERM")
        time.sleep(0.2)
        container.kill("SIGTERM")
    assert [answer.result()[0] for answer in answers] == [200] * CLIENTS
    assert container.wait()["StatusCode"] == 0


def test_sighup_changes_nothing(endpoint: Container) -> None:
    before = all_workers(endpoint)
    endpoint.kill("SIGHUP")
    time.sleep(0.5)
    assert ping(endpoint)
    assert workers(endpoint) == before


def test_request_that_hangs_delays_the_end_by_no_more_than_promised(serve_faulty: Serve) -> None:
    containers = [serve_faulty(fault) for fault in HANGING]
    with ThreadPoolExecutor(2 * len(containers)) as clients:
        asked = [clients.submit(invoke, container, ROW * 50_000) for container in containers]
        time.sleep(0.5)
        for code, seconds in clients.map(ended, containers):
            assert code == 0
            assert seconds < limits.SERVE_GONE_SECONDS
    for request in asked:
        assert isinstance(request.exception(), OSError | http.client.HTTPException)


def ended(container: Container) -> tuple[int, float]:
    """SIGTERM to the first process: the exit code, and the seconds it took."""
    began = time.monotonic()
    container.kill("SIGTERM")
    code = int(container.wait()["StatusCode"])
    return code, time.monotonic() - began
