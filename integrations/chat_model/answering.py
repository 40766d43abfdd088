"""One turn of a conversation, as a chat model answers it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import Callbacks
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.errors import InputError
from ...core.reply import read_reply
from ...core.settings import make_context
from ...core.usage import Cost, cost
from ...models.policy import resolve_policy
from ...models.price import price_of
from ..inner_run.inherit import Saving
from ..inner_run.run import Inner, play
from .first_reply import first_reply
from .message import last_pieces, message_of, reasoning, thoughts, without_trace
from .settings import Settings


@dataclass(frozen=True)
class Turn:
    """What is to be answered.

    Attributes:
        settings: Policy, reward, settings, tools.
        messages: History, system prompt, last turn.
        callbacks: Those of the call.
        saving: See `Inner`.
    """

    settings: Settings
    messages: Sequence[BaseMessage]
    callbacks: Callbacks = None
    saving: Saving = "own"


async def answer(turn: Turn) -> AsyncGenerator[str | AIMessage]:
    """Answer the last turn of a conversation.

    Where tools are bound the policy is asked once as it is. A reply that calls them, or that
    is no text to improve on, is the message; a text is a draft, and competes with the others.

    Yields:
        What the run finds, as text; then, as the last, the message.
    """
    settings, callbacks, saving = turn.settings, turn.callbacks, turn.saving
    history = without_trace(turn.messages)
    context, drafts, paid = settings.context, list[str](), cost()
    if settings.options:
        reply = await first_reply(
            policy=await resolve_policy(settings.given.policy or context.policy),
            messages=history,
            context=context,
            options=settings.options,
            callbacks=callbacks,
            saving=saving,
        )
        read = read_reply(reply)
        if read.error or not settings.answers_in_words or not _can_be_improved_on(history):
            yield reply
            return
        paid, drafts = price_of(reply, [read]), [read.text]
        context = _left(context, paid)
    run = Inner(settings.graph(), history, context, drafts, callbacks, saving)
    shown, state = "", None
    async with aclosing(play(run)) as states:
        async for state in states:
            found = thoughts(state.get("rounds") or [], settings.trace)
            if found != shown and found.startswith(shown):
                yield found[len(shown) :]
                shown = found
    assert state  # noqa: S101  a run that ends without an error has one
    yield message_of(state, settings.name, paid, settings.trace)


async def whole(turn: Turn) -> AIMessage:
    """Return the answer to a turn."""
    async with aclosing(answer(turn)) as parts:
        async for part in parts:
            if isinstance(part, AIMessage):
                return part
    raise AssertionError  # the message is always the last part


async def pieces(turn: Turn) -> AsyncGenerator[AIMessageChunk]:
    """Yield the answer to a turn: what the run finds as reasoning, then the text, once."""
    shown = ""
    async with aclosing(answer(turn)) as parts:
        async for part in parts:
            if isinstance(part, AIMessage):
                for piece in last_pieces(part, shown):
                    yield piece
            else:
                shown += part
                yield reasoning(part)


def _can_be_improved_on(history: Sequence[Any]) -> bool:
    try:
        read_conversation(history)
    except InputError:
        return False
    return True


def _left(context: Context, paid: Cost) -> Context:
    """Return the settings of the rest of a turn, whose first reply is paid.

    Where that used up the budget, only the draft is scored.
    """
    left: dict[str, Any] = {}
    if context.budget_requests:
        left["budget_requests"] = context.budget_requests - paid["requests"]
    if context.budget_tokens:
        spent = paid["input_tokens"] + paid["output_tokens"]
        left["budget_tokens"] = max(0, context.budget_tokens - spent)
    if 0 in left.values():
        return make_context(context, width=1, depth=0)
    return make_context(context, **left)
