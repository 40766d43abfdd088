"""The routes under `/v1`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.json_types import JsonObject
from ..cancel_on_disconnect import ClientLeft, cancel_on_disconnect
from ..error_responses import refusal_of
from ..guard.api_keys import NeedsKey
from ..guard.read_body import read_json
from ..guard.run_limit import RunLimit
from ..json_response import JsonResponse
from ..served_models import ServedModel, ServedModels
from ..server_settings import Settings
from ..sse import EventStream
from .chat_run import ChatRun
from .openapi import description
from .request import read_request


@dataclass(frozen=True)
class ChatRoutes:
    """The OpenAI-compatible routes.

    Attributes:
        settings: Limits, and where reasoning is shown.
        served_models: The models.
        run_limit: Of runs at the same time.
    """

    settings: Settings
    served_models: ServedModels
    run_limit: RunLimit
    created: int = field(default_factory=lambda: int(time.time()))

    def routes(self) -> list[Route]:
        """Return the routes; all need the key, except the description."""
        keyed = [Middleware(NeedsKey, keys=self.settings.keys)]
        return [
            Route("/v1/openapi.json", self.openapi),
            Route("/v1/models", self.models, middleware=keyed),
            Route("/v1/models/{name:path}", self.model, middleware=keyed),
            Route("/v1/chat/completions", self.complete, methods=["POST"], middleware=keyed),
        ]

    async def models(self, request: Request) -> Response:
        """List the models."""
        listed = [self._about(self.served_models[name]) for name in self.served_models.names]
        return JsonResponse({"object": "list", "data": listed})

    async def model(self, request: Request) -> Response:
        """Describe one model."""
        return JsonResponse(self._about(self.served_models[request.path_params["name"]]))

    async def openapi(self, request: Request) -> Response:
        """Describe these routes."""
        return JsonResponse(description(self.settings, self.served_models))

    async def complete(self, request: Request) -> Response:
        """Answer a conversation."""
        asked = read_request(await read_json(request, self.settings), self.settings)
        served = self.served_models[asked.model]
        messages, context = asked.conversation(self.settings), asked.context(served)
        run = ChatRun(served, messages, context, self.settings, self.run_limit.tasks)
        slot = self.run_limit.take()
        if asked.stream:
            usage = bool(asked.stream_options and asked.stream_options.include_usage)
            return EventStream(
                run.pieces(usage=usage),
                afterwards=slot.free,
                heartbeat=self.settings.heartbeat_seconds,
                patience=self.settings.patience_seconds,
            )
        with slot:
            try:
                return JsonResponse(await cancel_on_disconnect(request.receive, run.whole()))
            except ClientLeft:
                return Response(status_code=499)
            except Exception as error:  # noqa: BLE001  each kind has its status
                raise refusal_of(error) from None

    def _about(self, served: ServedModel) -> JsonObject:
        about = {"id": served.name, "object": "model", "created": self.created}
        return {**about, "owned_by": "tpo", "description": served.about}
