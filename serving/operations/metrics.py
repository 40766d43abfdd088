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

OF_A_RUN = ("door", "mode", "outcome", "stop_reason")
OF_A_REQUEST = ("method", "route", "status")
FAILED = "What failed: a request or a run; a request to a model, a candidate, a score in it."
PAID = {
    "requests": ("tpo_model_requests", "Requests to models."),
    "tokens": ("tpo_tokens", "Tokens, in and out, as budgets count."),
    "usd": ("tpo_dollars", "Dollars, where the price is known."),
}


class Collected:
    """A registry, and what adds to it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.gauge("tpo_info", "The version of tpo.", "version").labels(version("tpo")).set(1)

    def counter(self, name: str, about: str, *labels: str) -> Counter:
        """Add a number that only grows."""
        return Counter(name, about, labels, registry=self.registry)

    def gauge(self, name: str, about: str, *labels: str) -> Gauge:
        """Add a number that is read as it is now."""
        return Gauge(name, about, labels, registry=self.registry)

    def seconds(self, name: str, about: str, buckets: Buckets, *labels: str) -> Histogram:
        """Add a time."""
        return Histogram(name, about, labels, buckets=buckets, registry=self.registry)


class Metrics(Collected):
    """The metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = self.counter("tpo_runs", "Runs that ended.", *OF_A_RUN)
        self.running = self.gauge("tpo_runs_running", "Runs at work.", "door")
        self.waiting = self.gauge("tpo_runs_waiting", "Runs of threads that wait for their turn.")
        self.draining = self.gauge("tpo_draining", "1 while the server is stopping.")
        self.run_seconds = self.seconds("tpo_run_seconds", "Seconds a run took.", OF_RUNS, "mode")
        self.wait_seconds = self.seconds("tpo_run_wait_seconds", "Seconds a run waited.", OF_RUNS)
        of_phase = "Seconds of a phase, once through."
        self.phase_seconds = self.seconds("tpo_phase_seconds", of_phase, OF_RUNS, "phase")
        self.paid = {name: self.counter(*about, "phase") for name, about in PAID.items()}
        self.http = self.counter("tpo_http_requests", "HTTP requests.", *OF_A_REQUEST)
        answering = "HTTP requests being answered."
        self.http_running = self.gauge("tpo_http_requests_running", answering)
        whole = "Seconds until a response was whole."
        self.http_seconds = self.seconds("tpo_http_request_seconds", whole, OF_REQUESTS, "route")
        self.errors = self.counter("tpo_errors", FAILED, "where", "kind")
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
