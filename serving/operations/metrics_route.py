"""`/metrics`: for admins, and for whoever has the key that reads nothing else."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..error_responses import Refusal
from ..guard.api_keys import Keyring, needs_key, sent_key
from ..server_settings import Settings
from .metrics import Metrics


@dataclass(frozen=True)
class MetricsRoute:
    """The route of the metrics.

    Attributes:
        settings: With the key for metrics, if there is one.
        keyring: Who may come in.
        metrics: Of the server.
    """

    settings: Settings
    keyring: Keyring
    metrics: Metrics

    def routes(self, *paths: str) -> list[Route]:
        """Return a route at each of these paths."""
        return [Route(path, self.read) for path in paths]

    async def read(self, request: Request) -> Response:
        """Return the metrics in the text format of Prometheus."""
        self.check(request)
        headers = {"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
        return Response(generate_latest(self.metrics.registry), headers=headers)

    def check(self, request: Request) -> None:
        """Let those in who may read the metrics.

        Raises:
            Refusal: it has no key (401), or one that sees its own threads only (403).
        """
        sent, own = sent_key(Headers(scope=request.scope)), self.settings.metrics_key
        if own and hmac.compare_digest(own.get_secret_value().strip().encode(), sent):
            return
        if own and not self.keyring.asks:  # a key for the metrics is no ornament
            raise needs_key()
        if self.keyring.caller(request.scope).role != "admin":
            message = "the metrics are for admins, and for the key of --metrics-key"
            raise Refusal(403, message, kind="permission_error", code="not_an_admin")
