"""The routes under `/v1`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.messages import BaseMessage
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.context import Context
from ...core.events import AnyEvent
from ..as_json import JSON
from ..catalogue import Catalogue, Served
from ..guard.body import read_json
from ..guard.gate import RETRY_AFTER, STOPPING, Gate
from ..guard.keys import NeedsKey
from ..own_task import CutOff, Gone, TookTooLong, in_own_task, unless_gone
from ..refusal import NO_RETRY, Refusal, refusal_of
from ..settings import Settings
from ..sse import EventStream
from .openapi import description
from .progress import as_text
from .reply import DONE, Completion, data
from .request import read_request


@dataclass(frozen=True)
class Chat:
    """The OpenAI-compatible routes.

    Attributes:
        settings: Limits, and where reasoning is shown.
        catalogue: The models.
        gate: How many runs there may be at a time.
    """

    settings: Settings
    catalogue: Catalogue
    gate: Gate
    created: int = field(default_factory=lambda: int(time.time()))

    def routes(self) -> list[Route]:
        """Return the routes; all but the description need the key."""
        keyed = [Middleware(NeedsKey, keys=self.settings.keys)]
        return [
            Route("/v1/openapi.json", self.openapi),
            Route("/v1/models", self.models, middleware=keyed),
            Route("/v1/models/{name:path}", self.model, middleware=keyed),
            Route("/v1/chat/completions", self.complete, methods=["POST"], middleware=keyed),
        ]

    async def models(self, request: Request) -> Response:
        """List the models."""
        listed = [self._about(self.catalogue[name]) for name in self.catalogue.names]
        return JSON({"object": "list", "data": listed})

    async def model(self, request: Request) -> Response:
        """Describe one model."""
        return JSON(self._about(self.catalogue[request.path_params["name"]]))

    async def openapi(self, request: Request) -> Response:
        """Describe these routes."""
        return JSON(description(self.settings, self.catalogue))

    async def complete(self, request: Request) -> Response:
        """Answer a conversation."""
        asked = read_request(await read_json(request, self.settings), self.settings)
        served = self.catalogue[asked.model]
        messages, context = asked.conversation(self.settings), asked.context(served)
        ticket = self.gate.enter()
        completion = Completion(asked.model)
        if not asked.stream:
            with ticket:
                work = self._whole(served, messages, context, completion)
                try:
                    return JSON(await unless_gone(request.receive, work))
                except Gone:
                    return Response(status_code=499)
                except Exception as error:  # noqa: BLE001  each kind has its status
                    raise refusal_of(error) from None
        usage = bool(asked.stream_options and asked.stream_options.include_usage)
        return EventStream(
            self._pieces(served, messages, context, completion, usage=usage),
            afterwards=ticket.leave,
            heartbeat=self.settings.heartbeat_seconds,
            patience=self.settings.patience_seconds,
        )

    def _about(self, served: Served) -> dict[str, Any]:
        about = {"id": served.name, "object": "model", "created": self.created}
        return {**about, "owned_by": "tpo", "description": served.about}

    async def _whole(
        self, served: Served, messages: list[BaseMessage], context: Context, completion: Completion
    ) -> dict[str, Any]:
        said: list[str] = []
        async with aclosing(self._events(served, messages, context)) as events:
            async for event in events:
                completion.take(event)
                said.append(as_text(event))
        return completion.whole("".join(said).strip(), self.settings.reasoning_field)

    async def _pieces(
        self,
        served: Served,
        messages: list[BaseMessage],
        context: Context,
        completion: Completion,
        *,
        usage: bool,
    ) -> AsyncGenerator[bytes]:
        yield completion.piece({"role": "assistant", "content": ""})
        place = self.settings.reasoning_field
        try:
            async with aclosing(self._events(served, messages, context)) as events:
                async for event in events:
                    completion.take(event)
                    if place and (said := as_text(event)):
                        yield completion.piece({place: said})
        except Exception as error:  # noqa: BLE001  the status is sent: the stream has to say it
            yield data(refusal_of(error).as_error())
            return
        yield completion.piece({"content": completion.final["answer"]})
        yield completion.piece({}, completion.finish_reason, tpo=completion.about)
        if usage:
            yield completion.bill()
        yield DONE

    async def _events(
        self, served: Served, messages: list[BaseMessage], context: Context
    ) -> AsyncGenerator[AnyEvent]:
        def source() -> AsyncIterator[Any]:
            return served.app.astream(
                {"messages": messages}, context=context, stream_mode="custom", version="v2"
            )

        try:
            stream = in_own_task(source, self.settings.run_seconds, self.gate.tasks)
            async with aclosing(stream) as parts:
                async for part in parts:
                    yield cast("AnyEvent", part["data"])
        except TookTooLong:
            said = f"the run took longer than the {self.settings.run_seconds:g} s this server gives"
            raise Refusal(504, said, kind="timeout", headers=NO_RETRY) from None
        except CutOff:
            raise Refusal(503, STOPPING, kind="server_error", headers=RETRY_AFTER) from None
