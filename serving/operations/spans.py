"""OpenTelemetry spans of requests, runs and phases; they hold no prompts and no answers."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Scope

if TYPE_CHECKING:  # the extra `telemetry`
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

    from .request_record import RequestRecord
    from .run_record import RunRecord

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
log = logging.getLogger("tpo.serving")


class Spans:
    """Makes spans.

    Args:
        tracer: Of OpenTelemetry; without one there are no spans.
        close: Sends what is left, at the end.
    """

    def __init__(self, tracer: Tracer | None = None, close: Callable[[], object] = bool) -> None:
        self.tracer, self.close = tracer, close

    def request(self, scope: Scope) -> Span | None:
        """Begin the span of an HTTP request, beneath the client's, if it names one."""
        if not self.tracer:
            return None
        from opentelemetry import propagate
        from opentelemetry.trace import SpanKind

        above = propagate.extract(dict(Headers(scope=scope)))
        return self.tracer.start_span(scope["method"], above, SpanKind.SERVER)

    def requested(
        self, span: Span | None, method: str, route: str, status: int, record: RequestRecord
    ) -> None:
        """End the span of a request."""
        if not span:
            return
        span.update_name(f"{method} {route}")
        about = {"http.request.method": method, "http.route": route}
        span.set_attributes(about | {"tpo.request": record.id})
        span.set_attribute("http.response.status_code", status)
        if record.failure and (status >= 500 or status < 400):
            mark_failed(span, record.failure.kind)
        span.end()

    def run(self, run: RunRecord) -> RunSpans:
        """Begin the span of a run, beneath that of the request that began it."""
        return RunSpans(self.tracer, run)

    def ran(self, run: RunRecord) -> None:
        """End the span of a run."""
        run.spans.close(run)


class RunSpans:
    """The spans of one run: its own, and one per phase.

    Args:
        tracer: Of OpenTelemetry, if there is one.
        run: The run.
    """

    def __init__(self, tracer: Tracer | None, run: RunRecord) -> None:
        self.tracer = tracer
        self.span = self.phase = None if tracer is None else self._start(run)

    def begin(self, phase: str) -> None:
        """Begin the span of a phase."""
        if self.tracer and self.span:
            from opentelemetry.trace import set_span_in_context

            self.phase = self.tracer.start_span(phase, set_span_in_context(self.span))

    def end(self) -> None:
        """End the span of the phase."""
        if self.phase:
            self.phase.end()

    def close(self, run: RunRecord) -> None:
        """End the span of the run, with what is known of it now."""
        if not self.span:
            return
        self.span.set_attributes(
            {
                "tpo.run": run.id,
                "tpo.door": run.door,
                "tpo.mode": run.mode,
                "tpo.outcome": run.outcome,
                "tpo.stop_reason": run.stop_reason,
                **{f"tpo.{name}": amount for name, amount in run.paid.items()},
            }
        )
        if run.failure and run.outcome in {"error", "timeout"}:
            mark_failed(self.span, run.failure.kind)
        self.span.end()

    def _start(self, run: RunRecord) -> Span:
        from opentelemetry.trace import set_span_in_context

        assert self.tracer
        above = run.request.span if run.request else None
        return self.tracer.start_span("run", set_span_in_context(above) if above else None)


def mark_failed(span: Span, kind: str) -> None:
    """Mark a span as failed, by the kind of failure alone."""
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR, kind)
    span.set_attribute("error.type", kind)


def make_spans() -> Spans:
    """Return where the environment sends spans: `OTEL_EXPORTER_OTLP_ENDPOINT` and its like.

    A provider that the process has already, such as that of `opentelemetry-instrument`, is used.
    """
    wanted = any(os.environ.get(name) for name in ENDPOINTS)
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Spans()
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider

        provider = trace.get_tracer_provider()
        if not isinstance(provider, TracerProvider):
            if not wanted:
                return Spans()
            provider = exporting_provider()
    except ModuleNotFoundError:
        if wanted:
            log.warning("no spans are sent: pip install 'tpo[telemetry]'")
        return Spans()
    return Spans(provider.get_tracer("tpo"), provider.shutdown)


def exporting_provider() -> TracerProvider:
    """Return a provider that exports by OTLP over HTTP, as the environment says."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = os.environ.get("OTEL_SERVICE_NAME") or "tpo"
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: named}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
