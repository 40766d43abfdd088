"""The metrics of a server, for Prometheus. No label holds what a client sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from .request_record import Failure

Buckets = tuple[float, ...]
OF_REQUESTS: Buckets = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900)
OF_RUNS: Buckets = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800)


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(name, about, labels, registry=registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(name, about, labels, registry=registry)

        def seconds(name: str, about: str, buckets: Buckets, *labels: str) -> Histogram:
            return Histogram(name, about, labels, buckets=buckets, registry=registry)

        gauge("tpo_info", "The version of tpo.", "version").labels(version("tpo")).set(1)
        self.runs = counter(
            "tpo_runs", "Runs that ended.", "door", "mode", "outcome", "stop_reason"
        )
        self.running = gauge("tpo_runs_running", "Runs at work.", "door")
        self.waiting = gauge("tpo_runs_waiting", "Runs of threads that wait for their turn.")
        self.draining = gauge("tpo_draining", "1 while the server is stopping.")
        self.run_seconds = seconds("tpo_run_seconds", "Seconds a run took.", OF_RUNS, "mode")
        self.wait_seconds = seconds("tpo_run_wait_seconds", "Seconds a run waited.", OF_RUNS)
        self.phase_seconds = seconds(
            "tpo_phase_seconds", "Seconds of one pass of a phase.", OF_RUNS, "phase"
        )
        self.paid = {
            "requests": counter("tpo_model_requests", "Requests to models.", "phase"),
            "tokens": counter("tpo_tokens", "Tokens, in and out, as budgets count.", "phase"),
            "usd": counter("tpo_dollars", "Dollars, where the price is known.", "phase"),
        }
        self.http = counter("tpo_http_requests", "HTTP requests.", "method", "route", "status")
        self.http_running = gauge("tpo_http_requests_running", "HTTP requests being answered.")
        self.http_seconds = seconds(
            "tpo_http_request_seconds", "Seconds until a response was whole.", OF_REQUESTS, "route"
        )
        self.errors = counter(
            "tpo_errors",
            "What failed: a request or a run; a request to a model, a candidate, a score in it.",
            "where",
            "kind",
        )
        for door in ("v1", "threads"):
            self.running.labels(door)

    def watch(self, waiting: Callable[[], int], draining: Callable[[], bool]) -> None:
        """Ask these whenever the metrics are read."""
        self.waiting.set_function(waiting)
        self.draining.set_function(draining)

    def requested(
        self, method: str, route: str, status: int, seconds: float, failure: Failure | None
    ) -> None:
        """Count a request that was answered."""
        self.http.labels(method, route, str(status)).inc()
        self.http_seconds.labels(route).observe(seconds)
        if failure:
            self.errors.labels("request", failure.kind).inc()

    def pay(self, phase: str, amounts: Mapping[str, float]) -> None:
        """Count what a phase has cost."""
        for name, amount in amounts.items():
            if amount:
                self.paid[name].labels(phase).inc(amount)
