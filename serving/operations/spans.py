"""OpenTelemetry spans of requests, runs and phases; they hold no prompts and no answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Scope

if TYPE_CHECKING:  # the extra `telemetry`
    from opentelemetry.trace import Span, Tracer

    from .request_record import RequestRecord


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
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind

        above = extract(dict(Headers(scope=scope)))
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

    def run(self, above: Span | None) -> RunSpans:
        """Begin the span of a run, beneath that of the request that began it."""
        return RunSpans(self.tracer, above)


class RunSpans:
    """The spans of one run: its own, and one per phase.

    Args:
        tracer: Of OpenTelemetry, if there is one.
        above: The span that it is beneath.
    """

    def __init__(self, tracer: Tracer | None, above: Span | None) -> None:
        self.tracer = tracer
        self.span: Span | None = None
        self.phase: Span | None = None
        if tracer:
            from opentelemetry.trace import set_span_in_context

            self.span = tracer.start_span("run", set_span_in_context(above) if above else None)

    def begin(self, phase: str) -> None:
        """Begin the span of a phase."""
        if self.tracer and self.span:
            from opentelemetry.trace import set_span_in_context

            self.phase = self.tracer.start_span(phase, set_span_in_context(self.span))

    def end(self) -> None:
        """End the span of the phase."""
        if self.phase:
            self.phase.end()

    def close(self, about: Mapping[str, str | float], kind: str) -> None:
        """End the span of the run, with what is known of it now; `kind` says why it failed."""
        if not self.span:
            return
        self.span.set_attributes({f"tpo.{name}": value for name, value in about.items()})
        if kind:
            mark_failed(self.span, kind)
        self.span.end()


def mark_failed(span: Span, kind: str) -> None:
    """Mark a span as failed, by the kind of failure alone."""
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR, kind)
    span.set_attribute("error.type", kind)
