from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving import predictions
from serving.answers import Timings
from serving.metrics import BUCKETS, PHASES, Metrics

ROUTES = ("/ping", "/invocations")


def scraped(client: Any) -> dict[tuple[str, str], float]:
    """Sample name and its labels' values, by the labels' names -> value."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, " ".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status(serve: Any) -> None:
    client = serve("binary:logistic")
    client.post("/invocations", data=b"1,2,3,4\n", content_type="text/csv")
    client.post("/invocations", data=b"1,2,3,x\n", content_type="text/csv")
    client.get("/ping")
    client.get("/nowhere")
    found = scraped(client)
    counts = {labels: value for (name, labels), value in found.items() if name.endswith("requests_total")}
    assert counts == {"200 /invocations": 1, "400 /invocations": 1, "200 /ping": 1, "404 other": 1}


def test_every_phase_of_an_answered_invocation_is_measured(serve: Any) -> None:
    client = serve("binary:logistic")
    for _ in range(3):
        client.post("/invocations", data=b"1,2,3,4\n", content_type="text/csv")
    found = scraped(client)
    for phase in PHASES:
        assert found["sagemaker_endpoint_phase_seconds_count", phase] == 3
        assert found["sagemaker_endpoint_phase_seconds_sum", phase] >= 0
    assert found["sagemaker_endpoint_phase_seconds_sum", "predict"] > 0


def test_gauges_tell_models_workers_memory_and_the_request_that_asks(serve: Any) -> None:
    found = {name: value for (name, labels), value in scraped(serve("binary:logistic")).items() if not labels}
    assert found["sagemaker_endpoint_models_loaded"] == 1
    assert found["sagemaker_endpoint_workers"] == 1
    assert found["sagemaker_endpoint_requests_in_progress"] == 1
    assert 0 < found["sagemaker_endpoint_memory_bytes"] <= found["sagemaker_endpoint_memory_limit_bytes"]


def test_processes_count_together_and_a_successor_goes_on() -> None:
    metrics = Metrics(ROUTES, slots=2)
    for slot in (0, 1, 1):
        if os.fork() == 0:
            metrics.take(slot)
            metrics.began()  # one that its process does not live to end
            metrics.began()
            metrics.ended("/invocations", 200)
            os._exit(0)
        os.wait()
    assert list(metrics.requests()) == [("/invocations", "200", 3.0)]
    assert metrics.active() == 2
    metrics.take(1)
    assert metrics.active() == 1


def test_a_scrape_of_one_worker_tells_of_all_and_of_those_that_died(start: Any) -> None:
    server = start(SAGEMAKER_MODEL_SERVER_WORKERS="2").ready()
    for _ in range(20):  # connections of their own, which the workers share out
        assert server.ask("POST", "/invocations", b"1,2,3,4\n")[0] == 200
    for worker in server.workers():
        os.kill(worker, signal.SIGKILL)
    server.ready()
    _, body = server.ask("GET", "/metrics")
    assert b'sagemaker_endpoint_requests_total{code="200",route="/invocations"} 20.0' in body


def test_streamed_answer_is_in_progress_until_its_end(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "BLOCK_ROWS", 10)
    client = serve("binary:logistic")
    metrics = client.application.endpoint.metrics
    answer = client.post("/invocations", data=b"1,2,3,4\n" * 50, content_type="text/csv", buffered=False)
    assert metrics.active() == 1
    assert list(metrics.requests()) == []
    answer.close()
    assert metrics.active() == 0
    assert list(metrics.requests()) == [("/invocations", "200", 1.0)]


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.0, 0), (0.0005, 0), (0.0006, 1), (60.0, len(BUCKETS) - 1), (61.0, len(BUCKETS))]
)
def test_seconds_fall_into_the_bucket_whose_bound_they_do_not_exceed(seconds: float, bucket: int) -> None:
    metrics = Metrics(ROUTES)
    metrics.invoked(seconds, 0.0, Timings(0.0, 0.0, 0.0))
    counts, total = next((counts, total) for phase, counts, total in metrics.seconds() if phase == "read")
    assert (counts.index(1), total) == (bucket, seconds)


def test_time_that_the_service_did_not_spend_was_waiting() -> None:
    metrics = Metrics(ROUTES)
    metrics.invoked(0.0, 1.0, Timings(0.1, 0.2, 0.3))
    sums = {phase: total for phase, _, total in metrics.seconds()}
    assert sums == pytest.approx({"read": 0.0, "wait": 0.4, "decode": 0.1, "predict": 0.2, "encode": 0.3})


def test_unknown_routes_and_statuses_are_counted_together() -> None:
    metrics = Metrics(ROUTES)
    for route, status in (("/a", 200), ("/b", 200), ("/ping", 418), ("/ping", 451)):
        metrics.began()
        metrics.ended(route, status)
    assert sorted(metrics.requests()) == [("/ping", "other", 2.0), ("other", "200", 2.0)]
