"""One run for a chat client: its events become a whole reply, or the pieces of a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from langchain_core.messages import BaseMessage

from ...core.context import Context
from ...core.events import AnyEvent
from ...core.json_types import JsonObject
from ...core.state import InputState
from ..cancel_on_disconnect import Cancelled, OutOfTime, cancellable_stream
from ..error_responses import NO_RETRY, Refusal, refusal_of
from ..guard.run_account import RunAccount
from ..guard.run_limit import RETRY_AFTER, STOPPING
from ..hidden_parts import for_clients
from ..served_models import ServedModel
from ..server_settings import Settings
from .reply import DONE, Completion, data, event_paragraph


@dataclass(frozen=True)
class ChatRun:
    """A run that answers one request.

    Attributes:
        served: The model.
        messages: The conversation.
        context: The settings of the run.
        settings: The limits of the server, and where reasoning is shown.
        tasks: Holds the run while it works, so that a stopping server can cancel it.
        account: What it may use, and has used.
        function: What is called with the answer; "" if the answer is the content.
    """

    served: ServedModel
    messages: list[BaseMessage]
    context: Context
    settings: Settings
    tasks: set[asyncio.Task[None]]
    account: RunAccount
    function: str = ""

    async def whole(self) -> JsonObject:
        """Run to the end, and return the reply."""
        completion, reasoning = Completion(self.served.name, function=self.function), list[str]()
        async with aclosing(self._events()) as events:
            async for event in events:
                completion.take(event)
                reasoning.append(self._paragraph(event))
        return completion.whole("".join(reasoning).strip(), self.settings.reasoning_field)

    async def pieces(self, *, usage: bool) -> AsyncGenerator[bytes]:
        """Run, and yield the reply in pieces; `usage` asks for one with the token counts."""
        completion = Completion(self.served.name, function=self.function)
        field = self.settings.reasoning_field
        yield completion.piece({"role": "assistant", "content": ""})
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    completion.take(event)
                    if field and (text := self._paragraph(event)):
                        yield completion.piece({field: text})
        except Exception as error:  # noqa: BLE001  the status is sent, so the stream has to say it
            refusal = refusal_of(error)
            refusal.detail = for_clients(refusal.detail, self.settings)
            yield data(refusal.as_error())
            return
        yield completion.piece(completion.answer_piece)
        yield completion.piece({}, completion.finish_reason, tpo=completion.about)
        if usage:
            yield completion.usage_piece()
        yield DONE

    def _paragraph(self, event: AnyEvent) -> str:
        """Return an event as a part of the reasoning; texts of models stay as they are."""
        text = event_paragraph(event)
        if event["type"] in {"tpo.loss", "tpo.gradient"}:
            return text
        written = event["type"] == "tpo.candidate" and not event["candidate"]["error"]
        return text if written else for_clients(text, self.settings)

    async def _events(self) -> AsyncGenerator[AnyEvent]:
        async def source() -> AsyncIterator[AnyEvent]:
            parts = self.served.app.astream(
                cast("InputState", {"messages": self.messages}),
                context=self.account.bounded(self.context),
                stream_mode="custom",
                version="v2",
            )
            async for part in parts:
                event = cast("AnyEvent", part["data"])
                self.account.take(event)
                yield event

        seconds = self.settings.run_seconds
        try:
            async with aclosing(cancellable_stream(source, seconds, self.tasks)) as events:
                async for event in events:
                    yield event
        except OutOfTime:
            message = f"the run took longer than the {seconds:g} s this server gives"
            raise Refusal(504, message, kind="timeout", headers=NO_RETRY) from None
        except Cancelled:
            raise Refusal(503, STOPPING, kind="server_error", headers=RETRY_AFTER) from None
