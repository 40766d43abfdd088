"""One call of the chat model: the last turn of a conversation, answered by a run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from langchain_core.callbacks import Callbacks
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage

from ...core.context import Context
from ...core.conversation import read_conversation
from ...core.dollars import usd_for_budget
from ...core.errors import InputError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...core.replies.reply import read_reply
from ...core.usage import Cost, add_costs, cost, tokens_for_budget
from ...models.policy import resolve_policy
from ...models.prices.of_run import priced_context, rate_of
from ...models.prices.price import priced
from ...models.request_cost import price_of, with_price
from ..inner_run.callbacks_and_saver import Saving
from ..inner_run.run_inside import InnerRun, states_of
from .call_settings import CallSettings
from .message import last_pieces, message_of, reasoning, thoughts, without_trace
from .reply_with_tools import first_reply


@dataclass(frozen=True)
class ChatCall:
    """One call of the chat model.

    Attributes:
        settings: Policy, reward, settings, tools.
        messages: The conversation, its last turn to be answered.
        callbacks: The callbacks that LangChain gave to the call.
        saving: See `InnerRun`.
    """

    settings: CallSettings
    messages: Sequence[BaseMessage]
    callbacks: Callbacks = None
    saving: Saving = "own"


async def answer(call: ChatCall) -> AsyncGenerator[str | AIMessage]:
    """Answer the last turn of a conversation.

    If tools are bound, the policy is asked once with them. A reply that calls a tool, or is
    not a text, is the message; a text is a draft that competes with the other candidates.

    Yields:
        What the run finds, as text; at the end, the message.
    """
    settings, callbacks, saving = call.settings, call.callbacks, call.saving
    history = as_meant(without_trace(call.messages))
    context, drafts, paid = settings.context, list[str](), cost()
    if settings.options:
        policy = await resolve_policy(settings.policies[0])
        context = priced_context(context, policy)
        reply, failed = await first_reply(
            policy=policy,
            messages=history,
            context=context,
            options=settings.options,
            callbacks=callbacks,
            saving=saving,
        )
        read = read_reply(reply, keep_reasoning=context.keep_reasoning)
        if read.error or not settings.answers_in_words or not _can_be_improved_on(history):
            yield reply
            return
        rate = rate_of(policy, context.price)
        price = with_price(price_of(reply, [read]), history, [read], rate)
        paid, drafts = add_costs(price, priced(failed, rate)), [read.text]
        context = _left(context, paid)
    run = InnerRun(settings.graph(), history, context, drafts, callbacks, saving)
    shown, state = "", None
    async with aclosing(states_of(run)) as states:
        async for state in states:
            found = thoughts(state.get("rounds") or [], settings.trace)
            if found != shown and found.startswith(shown):
                yield found[len(shown) :]
                shown = found
    assert state  # a run that ends without an error has one
    yield message_of(state, settings.name, paid, settings.trace)


async def whole_answer(call: ChatCall) -> AIMessage:
    """Return the answer as one message."""
    async with aclosing(answer(call)) as parts:
        async for part in parts:
            if isinstance(part, AIMessage):
                return part
    raise AssertionError  # the message is always the last part


async def answer_pieces(call: ChatCall) -> AsyncGenerator[AIMessageChunk]:
    """Yield the answer in pieces: what the run finds as reasoning, then the whole text."""
    shown = ""
    async with aclosing(answer(call)) as parts:
        async for part in parts:
            if isinstance(part, AIMessage):
                for piece in last_pieces(part, shown):
                    yield piece
            else:
                shown += part
                yield reasoning(part)


def _can_be_improved_on(history: Sequence[AnyMessage]) -> bool:
    try:
        read_conversation(history)
    except InputError:
        return False
    return True


def _left(context: Context, paid: Cost) -> Context:
    """Return the settings for the rest of a turn, less what the first reply cost.

    If that used up the budget, only the draft is scored.
    """
    used = {
        "budget_requests": paid["requests"],
        "budget_tokens": tokens_for_budget(paid),
        "budget_usd": usd_for_budget(paid),
    }
    limits = {name: getattr(context, name) for name in used}
    left: JsonObject = {name: max(0, most - used[name]) for name, most in limits.items() if most}
    if 0 in left.values():
        return make_context(context, width=1, depth=0)
    return make_context(context, **left)
