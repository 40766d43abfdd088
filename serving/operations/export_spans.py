"""Where spans go: as the environment says, in the words that OpenTelemetry has for it."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from .spans import Spans

if TYPE_CHECKING:  # the extra `telemetry`
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
log = logging.getLogger("tpo.serving")


def make_spans() -> Spans:
    """Return where the environment sends spans: `OTEL_EXPORTER_OTLP_ENDPOINT` and its like.

    A provider that the process has already, such as that of `opentelemetry-instrument`, is used.
    """
    wanted = any(os.environ.get(name) for name in ENDPOINTS)
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Spans()
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace import get_tracer_provider

        provider = get_tracer_provider()
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
