"""One run for a chat client: its events become a whole reply, or the pieces of a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import uuid4

from langchain_core.messages import BaseMessage

from ...core.context import Context
from ...core.events import AnyEvent
from ...core.json_types import JsonObject
from ...core.state import InputState
from ..cancel_on_disconnect import Cancelled, OutOfTime, cancellable_stream
from ..error_responses import NO_RETRY, Refusal, refusal_of
from ..guard.run_account import RunAccount
from ..guard.run_refusals import CUT_SHORT, stopping
from ..hidden_parts import for_clients
from ..operations.operations import Operations
from ..operations.request_record import note_failure
from ..operations.run_record import COUNTED, RunRecord
from ..served_models import ServedModel
from ..server_settings import Settings
from .growing_reasoning import GrowingReasoning
from .held_stream import DECIDED
from .paragraphs import shown_paragraph
from .reply import DONE, Completion, data


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
        operations: Watches it.
        function: What is called with the answer; "" if the answer is the content.
    """

    served: ServedModel
    messages: list[BaseMessage]
    context: Context
    settings: Settings
    tasks: set[asyncio.Task[None]]
    account: RunAccount
    operations: Operations
    function: str = ""

    async def whole(self) -> JsonObject:
        """Run to the end, and return the reply."""
        completion, reasoning = self._completion(), list[str]()
        async with aclosing(self._events()) as events:
            async for event in events:
                completion.take(event)
                reasoning.append(shown_paragraph(event, self.settings))
        return completion.whole("".join(reasoning).strip(), self.settings.reasoning_field)

    async def pieces(self, *, usage: bool) -> AsyncGenerator[bytes]:
        """Run, and yield the reply in pieces; `usage` asks for one with the token counts.

        `DECIDED` comes with the first text of a model.
        """
        completion, field = self._completion(), self.settings.reasoning_field
        reasoning = GrowingReasoning(partial(shown_paragraph, settings=self.settings))
        yield completion.piece({"role": "assistant", "content": ""})
        async with aclosing(self._events()) as events:
            async for event in events:
                completion.take(event)
                if field and (text := reasoning.take(event)):
                    yield completion.piece({field: text})
                if is_text(event):
                    yield DECIDED
        yield completion.piece(completion.answer_piece)
        yield completion.piece({}, completion.finish_reason, tpo=completion.about)
        if usage:
            yield completion.usage_piece()
        yield DONE

    def _completion(self) -> Completion:
        shown = partial(for_clients, settings=self.settings)
        return Completion(self.served.name, shown=shown, function=self.function)

    def failure_piece(self, error: Exception) -> bytes:
        """Return the last piece of a stream that fails in the middle."""
        refusal = refusal_of(error)
        note_failure(refusal.code or refusal.kind, refusal.detail)
        refusal.detail = for_clients(refusal.detail, self.settings)
        return data(refusal.as_error())

    async def _events(self) -> AsyncGenerator[AnyEvent]:
        run = self.operations.begun(self.account, str(uuid4()), "v1", self.served.name)
        source, seconds = partial(self.graph_events, run), self.settings.run_seconds
        with self.operations.watched(run):
            try:
                async with aclosing(cancellable_stream(source, seconds, self.tasks)) as events:
                    async for event in events:
                        yield event
            except OutOfTime:
                message = f"the run took longer than the {seconds:g} s this server gives"
                raise Refusal(504, message, kind="timeout", headers=NO_RETRY) from None
            except Cancelled:
                raise stopping(CUT_SHORT) from None

    async def graph_events(self, run: RunRecord) -> AsyncIterator[AnyEvent]:
        """Run the graph, and yield its events once they are booked."""
        parts = self.served.app.astream(
            cast("InputState", {"messages": self.messages}),
            context=self.account.bounded(self.context),
            stream_mode=cast("Any", [*COUNTED]),
            version="v2",
        )
        async for part in parts:
            COUNTED[part["type"]](run, part["data"])
            if part["type"] == "custom":
                yield cast("AnyEvent", part["data"])


def is_text(event: AnyEvent) -> bool:
    """Return whether a model has begun to answer, or has answered."""
    if event["type"] == "tpo.candidate":
        return not event["candidate"]["error"]
    return event["type"] == "tpo.candidate_delta"
