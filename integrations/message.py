"""What a finished run leaves on a message: its trace as plain JSON, and its critiques as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from typing_extensions import TypedDict

from ..core.state import Candidate, Round, State, StopReason
from ..core.usage import Cost, Usage

KEY = "tpo"  # of the trace in `response_metadata`


class Trace(TypedDict):
    """How an answer was found; the fields are those of the graph's state."""

    reward: float | None
    stop_reason: StopReason | None
    candidates: list[Candidate]
    """The pool, with texts and rewards."""
    rounds: list[Round]
    """Chosen and rejected of each round, with loss and gradient."""
    usage: Usage


def trace_of(state: State) -> Trace:
    """Return the trace of a finished run.

    Args:
        state: What the graph returned.
    """
    return cast("Trace", {name: state[name] for name in Trace.__annotations__})  # type: ignore[literal-required]


def without_trace(messages: Sequence[BaseMessage]) -> list[AnyMessage]:
    """Return a history without the traces of earlier answers, which no model is to read."""
    return cast("list[AnyMessage]", [_stripped(message) for message in messages])


def _stripped(message: BaseMessage) -> BaseMessage:
    if not isinstance(message, AIMessage) or KEY not in message.response_metadata:
        return message
    metadata = {k: v for k, v in message.response_metadata.items() if k != KEY}
    extra = {k: v for k, v in message.additional_kwargs.items() if k != "reasoning_content"}
    return message.model_copy(update={"response_metadata": metadata, "additional_kwargs": extra})


def thought(record: Round) -> str:
    """Say what a round found, in a line; its loss and gradient are said by `critique`."""
    if record["reward"] is None:
        return f"Round {record['round']}: no answer could be ranked.\n"
    return f"Round {record['round']}: the best answer so far scores {record['reward']:.4g}.\n"


def critique(kind: str, text: str) -> str:
    """Introduce a loss or a gradient."""
    introduced = {"loss": "Why it is better than the worst", "gradient": "What to change in it"}
    return f"{introduced[kind]}: {text}\n"


def thoughts(rounds: Sequence[Round]) -> str:
    """Return the whole course of a run as text: what a stream of its events adds up to."""
    pieces: list[str] = []
    for record in rounds:
        pieces.append(thought(record))
        pieces += [critique("loss", record["loss"])] if record["loss"] else []
        pieces += [critique("gradient", record["gradient"])] if record["gradient"] else []
    return "".join(pieces)


def thought_of(event: Any) -> str:
    """Return what an event adds to `thoughts`, or ""."""
    match event["type"]:
        case "tpo.round":
            return thought(event["selected"])
        case "tpo.loss":
            return critique("loss", event["text"])
        case "tpo.gradient":
            return critique("gradient", event["text"])
    return ""


def usage_metadata(paid: Cost) -> UsageMetadata:
    """Return a cost as LangChain counts it."""
    return UsageMetadata(
        input_tokens=paid["input_tokens"],
        output_tokens=paid["output_tokens"],
        total_tokens=paid["input_tokens"] + paid["output_tokens"],
        input_token_details=InputTokenDetails(cache_read=paid["cached_tokens"]),
    )
