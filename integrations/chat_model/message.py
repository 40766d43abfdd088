"""A finished run as a message: its answer, its rounds as reasoning, its trace, its usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata

from ...core.final_answer import answer_of
from ...core.json_types import JsonObject
from ...core.phrases import critique_text, round_phrase, sentence
from ...core.round_critique import texts_in
from ...core.state import Round, State
from ...core.usage import Cost, UsageDelta, add_usage, tokens_of
from ..inner_run.run_summary import Detail, trace_of

KEY = "tpo"  # of the trace in `response_metadata`


def without_trace(messages: Sequence[BaseMessage]) -> list[AnyMessage]:
    """Return a history without the traces of earlier answers, which no model should read."""
    history: list[BaseMessage] = []
    for message in messages:
        if not isinstance(message, AIMessage) or KEY not in message.response_metadata:
            history.append(message)
            continue
        metadata = {k: v for k, v in message.response_metadata.items() if k != KEY}
        extra = {k: v for k, v in message.additional_kwargs.items() if k != "reasoning_content"}
        changes: JsonObject = {"response_metadata": metadata, "additional_kwargs": extra}
        if "outcome" not in message.response_metadata[KEY]:  # else it is the middleware's
            changes["content"] = message.text  # a client may have put our reasoning before it
        history.append(message.model_copy(update=changes))
    return cast("list[AnyMessage]", history)


def thoughts(rounds: Sequence[Round], detail: Detail = "full") -> str:
    """Return the rounds of a run as text; while the run goes on, it only grows."""
    pieces: list[str] = []
    for record in rounds:
        pieces.append(sentence(round_phrase(record)))
        if detail == "full":
            pieces += [critique_text("loss", t) for t in texts_in(record, "loss")]
            pieces += [critique_text("gradient", t) for t in texts_in(record, "gradient")]
    return "".join(f"{piece}\n" for piece in pieces)


def message_of(
    state: State, model: str, paid: Cost | None = None, detail: Detail = "full"
) -> AIMessage:
    """Return the answer of a finished run as a message.

    Args:
        state: What the graph returned.
        model: The policy's name.
        paid: What was paid before the run.
        detail: How much the trace holds.
    """
    if paid and paid["requests"]:
        before = UsageDelta(turn=state["turn"], phase="sample", cost=paid)
        state = {**state, "usage": add_usage(state["usage"], before)}
    winner = answer_of(state, state["stop_reason"])
    finish = winner["finish_reason"] if winner else None
    return AIMessage(
        state["answer"],
        additional_kwargs={"reasoning_content": thoughts(state["rounds"], detail)},
        response_metadata={
            "model_name": model,
            **({"finish_reason": finish} if finish else {}),
            KEY: trace_of(state, detail),
        },
        usage_metadata=_usage_metadata(state["usage"]["total"]),
    )


def reasoning(thought: str) -> AIMessageChunk:
    """Return what a run finds as a piece of a streamed message."""
    return AIMessageChunk(content="", additional_kwargs={"reasoning_content": thought})


def last_pieces(message: AIMessage, shown: str) -> Iterator[AIMessageChunk]:
    """Yield what is left of a message whose reasoning was shown; all pieces add up to it."""
    if KEY not in message.response_metadata:
        fields = message.model_dump(exclude={"type"})
        yield AIMessageChunk(**fields, chunk_position="last")
        return
    thought = message.additional_kwargs["reasoning_content"]
    if thought != shown and thought.startswith(shown):
        yield reasoning(thought[len(shown) :])
    yield AIMessageChunk(content=message.content)
    yield AIMessageChunk(
        content="",
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        chunk_position="last",
    )


def _usage_metadata(paid: Cost) -> UsageMetadata:
    """Return a cost as LangChain counts it."""
    return UsageMetadata(
        input_tokens=paid["input_tokens"],
        output_tokens=paid["output_tokens"],
        total_tokens=tokens_of(paid),
        input_token_details=InputTokenDetails(cache_read=paid["cached_tokens"]),
    )
