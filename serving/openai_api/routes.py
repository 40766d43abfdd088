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
from ..guard.api_keys import Keyring, NeedsKey
from ..guard.callers import caller_of
from ..guard.read_body import read_json
from ..guard.run_limit import RunLimit, RunSlot
from ..json_response import JsonResponse
from ..served_models import ServedModel, ServedModels
from ..server_settings import Settings
from ..sse import EventStream
from .chat_run import ChatRun
from .held_stream import HeldStream
from .not_served import WITHOUT_V1, not_served
from .openapi import description
from .request import read_request
from .responses.routes import ResponseRoutes

ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class ChatRoutes:
    """The OpenAI-compatible routes.

    Attributes:
        settings: Limits, and where reasoning is shown.
        keyring: Who may come in.
        served_models: The models.
        run_limit: Of runs at the same time.
        responses: The routes of responses, where threads are kept.
    """

    settings: Settings
    keyring: Keyring
    served_models: ServedModels
    run_limit: RunLimit
    responses: ResponseRoutes | None = None
    created: int = field(default_factory=lambda: int(time.time()))

    def routes(self) -> list[Route]:
        """Return the routes; all need the key, except the description."""
        keyed = [Middleware(NeedsKey, keyring=self.keyring)]
        kept = self.responses.routes() if self.responses else []
        return [
            *(Route(r.path, r.endpoint, methods=r.methods, middleware=keyed) for r in kept),
            Route("/v1/openapi.json", self.openapi),
            *(Route(path, self.models, middleware=keyed) for path in ("/v1/models", "/v1/models/")),
            Route("/v1/models/{name:path}", self.model, middleware=keyed),
            *(
                Route(path, self.complete, methods=["POST"], middleware=keyed)
                for path in ("/v1/chat/completions", "/v1/chat/completions/")
            ),
            *(
                Route(path, self.not_here, methods=ANY, middleware=keyed)
                for path in ("/v1", "/v1/{rest:path}", *WITHOUT_V1)
            ),
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
        shown = description(self.settings, self.served_models, responses=self.responses is not None)
        return JsonResponse(shown)

    async def complete(self, request: Request) -> Response:
        """Answer a conversation."""
        asked = read_request(await read_json(request, self.settings))
        served = self.served_models[asked.model]
        messages, context = asked.conversation(self.settings), asked.context(served, self.settings)
        owner, limit = caller_of(request).name, self.run_limit
        slot, tasks = limit.take(owner), limit.tasks[owner]
        watched = (tasks, slot.account, limit.operations, asked.form.function)
        run = ChatRun(served, messages, context, self.settings, *watched)
        try:
            if asked.stream:
                usage = bool(asked.stream_options and asked.stream_options.include_usage)
                return await self._streamed(request, run, slot, usage=usage)
            with slot:
                return JsonResponse(await cancel_on_disconnect(request.receive, run.whole()))
        except ClientLeft:
            return Response(status_code=499)
        except Exception as error:  # noqa: BLE001  each kind has its status
            raise refusal_of(error) from None

    async def _streamed(
        self, request: Request, run: ChatRun, slot: RunSlot, *, usage: bool
    ) -> Response:
        """Return a stream as soon as the run has come to a text, or after a heartbeat's time."""
        stream = HeldStream(run.pieces(usage=usage), run.failure_piece)
        heartbeat = self.settings.heartbeat_seconds
        try:
            await cancel_on_disconnect(request.receive, stream.decide(heartbeat))
        except BaseException:
            await stream.close()
            slot.free()
            raise
        return EventStream(
            stream.pieces(),
            afterwards=slot.free,
            heartbeat=heartbeat,
            patience=self.settings.patience_seconds,
        )

    async def not_here(self, request: Request) -> Response:
        """Say what is served, to a client that asks for something else of OpenAI's."""
        refusal = not_served(request, responses=self.responses is not None)
        return JsonResponse(refusal.as_error(), refusal.status_code, refusal.headers)

    def _about(self, served: ServedModel) -> JsonObject:
        about = {"id": served.name, "object": "model", "created": self.created}
        return {**about, "owned_by": "tpo", "description": served.about}
