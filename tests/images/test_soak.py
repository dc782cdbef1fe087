"""An endpoint under full load for long: every answer is the expected one, no worker ends, memory does not grow.

Some seconds; or as many as the image's limits.json says, which are 150 for one image, since it is the server that all
images share which is loaded; or as many as SOAK_SECONDS in the environment says: `make soak` takes half an hour before
a release.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil

import pytest
from docker.models.containers import Container

from contract.limits import PAYLOAD_BYTES
from serving.allocator import IDLE_SECONDS
from tests.corpus.interface import Interface
from tests.images import limits
from tests.images.endpoints import all_workers, insist, published, workers
from tests.soak import load, mixture
from tests.soak.growth import LIMIT, growth

Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
SECONDS = 20.0
REFUSALS_A_SECOND = 667
"""As many bad requests for each of the seconds are answered before the end, though it take longer: 100,000 in 150 s."""
LEAST_ROUNDS, MOST_ROUND_SECONDS = 12, 10.0
PAUSE_SECONDS = IDLE_SECONDS + 0.5
"""Between rounds, for the workers to give back what they freed."""
SMALL_LOG = {"type": "json-file", "config": {"max-size": "20m"}}


@pytest.mark.timeout(float(os.environ.get("SOAK_SECONDS") or 150) + 600)
def test_full_load_of_good_and_bad_requests_fails_nowhere_and_keeps_nothing(
    algorithm: str, interface: Interface, serve_published: Serve
) -> None:
    seconds = float(os.environ.get("SOAK_SECONDS") or limits.of(algorithm).get("soak_seconds", SECONDS))
    container = serve_published(log_config=SMALL_LOG)
    before = all_workers(container)
    warm(container)
    files = open_files(container)
    rounds = max(LEAST_ROUNDS, ceil(seconds / MOST_ROUND_SECONDS))
    requests = load.Load(published(container)[1], interface)
    tally, held, began = requests.tally, [], time.monotonic()
    while not tally.failures and (len(held) < rounds or tally.refused < seconds * REFUSALS_A_SECOND):
        requests.go_on(seconds / rounds)
        time.sleep(PAUSE_SECONDS)
        held.append(bytes_held(container))
        print(f"{time.monotonic() - began:.0f} s, {held[-1] / 1e6:.1f} MB, {tally}")
    assert tally.failures == []
    assert workers(container) == before
    assert open_files(container) - files < load.CONNECTIONS
    assert growth(held) < LIMIT, held


def warm(container: Container) -> None:
    """Let every worker have answered the largest payload: what it keeps of it, it keeps for the next one."""
    body = mixture.ROW * (PAYLOAD_BYTES // len(mixture.ROW))
    with ThreadPoolExecutor(load.CONNECTIONS) as clients:
        assert {
            status for status, _ in clients.map(insist, [container] * load.CONNECTIONS, [body] * load.CONNECTIONS)
        } == {200}


def bytes_held(container: Container) -> int:
    """Of all processes together, that no file is behind."""
    told = container.stats(stream=False, one_shot=True)["memory_stats"]["stats"]
    held: int = told["total_rss"] if "total_rss" in told else told["anon"]  # the first and the second kind of cgroup
    return held


def open_files(container: Container) -> int:
    folders = " ".join(f"/proc/{worker}/fd/*" for worker in workers(container))
    return len(container.exec_run(["sh", "-c", f"ls -d {folders}"]).output.split())
