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
from dataclasses import dataclass

import pytest
from docker.models.containers import Container

from contract.limits import PAYLOAD_BYTES
from tests.corpus.interface import Interface
from tests.images import limits
from tests.images.endpoints import all_workers, insist, published, workers
from tests.soak import load, mixture
from tests.soak.growth import LIMIT, SETTLED_SECONDS, growth, late_growth

Serve = Callable[..., Container]
pytestmark = pytest.mark.engine
SECONDS = 20.0
REFUSALS_A_SECOND = 667
"""As many bad requests for each of the seconds are answered before the end, though it take longer: 100,000 in 150 s."""
SAMPLE_SECONDS = 1.0
SMALL_LOG = {"type": "json-file", "config": {"max-size": "20m"}}


@dataclass(frozen=True)
class Sample:
    """`held`: bytes of all processes together that no file is behind."""

    seconds: float
    held: int


@pytest.mark.timeout(float(os.environ.get("SOAK_SECONDS") or 150) + 600)
def test_full_load_of_good_and_bad_requests_fails_nowhere_and_keeps_nothing(
    algorithm: str, interface: Interface, serve_published: Serve
) -> None:
    seconds = float(os.environ.get("SOAK_SECONDS") or limits.of(algorithm).get("soak_seconds", SECONDS))
    container = serve_published(log_config=SMALL_LOG)
    before = all_workers(container)
    warm(container)
    files = open_files(container)
    with load.full(published(container)[1], interface) as tally:
        samples = [sample(container, began := time.monotonic())]
        while not tally.failures and (samples[-1].seconds < seconds or tally.refused < seconds * REFUSALS_A_SECOND):
            time.sleep(SAMPLE_SECONDS)
            samples.append(sample(container, began))
            print(f"{samples[-1].seconds:.0f} s, {samples[-1].held / 1e6:.1f} MB, {tally}")
    assert tally.failures == []
    assert workers(container) == before
    assert open_files(container) - files < load.CONNECTIONS
    held = [each.held for each in samples]
    assert growth(held) < LIMIT, held
    assert seconds < SETTLED_SECONDS or late_growth(held) < LIMIT, held


def warm(container: Container) -> None:
    """Let every worker have answered the largest payload: what it keeps of it, it keeps for the next one."""
    body = mixture.ROW * (PAYLOAD_BYTES // len(mixture.ROW))
    with ThreadPoolExecutor(load.CONNECTIONS) as clients:
        assert {
            status for status, _ in clients.map(insist, [container] * load.CONNECTIONS, [body] * load.CONNECTIONS)
        } == {200}


def sample(container: Container, began: float) -> Sample:
    told = container.stats(stream=False, one_shot=True)["memory_stats"]["stats"]
    held = told["total_rss"] if "total_rss" in told else told["anon"]  # the first and the second kind of cgroup
    return Sample(time.monotonic() - began, held)


def open_files(container: Container) -> int:
    folders = " ".join(f"/proc/{worker}/fd/*" for worker in workers(container))
    return len(container.exec_run(["sh", "-c", f"ls -d {folders}"]).output.split())
