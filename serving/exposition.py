"""`/metrics`: what was counted, in Prometheus' text format, by its own client library."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from contract import resources
from serving.metrics import BUCKETS, Metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "sagemaker_endpoint"
_BOUNDS = (*map(str, BUCKETS), "+Inf")


class Collector:
    def __init__(self, metrics: Metrics, models: int, workers: int) -> None:
        self._metrics = metrics
        self._gauges = {
            "models_loaded": ("Models that can be invoked", models),
            "workers": ("Processes that answer requests", workers),
            "requests_in_progress": ("Requests being read, waiting or computed", metrics.active()),
            "memory_bytes": ("Memory that the container uses", resources.memory_used_bytes()),
            "memory_limit_bytes": ("Memory that the container may use", resources.memory_bytes()),
        }

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(f"{_PREFIX}_requests", "Requests answered", labels=["route", "code"])
        for route, code, count in self._metrics.requests():
            requests.add_metric([route, code], count)
        yield requests
        seconds = HistogramMetricFamily(f"{_PREFIX}_phase_seconds", "Seconds of an invocation", labels=["phase"])
        for phase, counts, total in self._metrics.seconds():
            seconds.add_metric([phase], list(zip(_BOUNDS, accumulate(counts), strict=True)), total)
        yield seconds
        for name, (meaning, value) in self._gauges.items():
            yield GaugeMetricFamily(f"{_PREFIX}_{name}", meaning, value=value)


def text(metrics: Metrics, models: int, workers: int) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(metrics, models, workers))
    return generate_latest(registry)
