"""A response in OpenAI's form: under way, ended, or failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from ....core.final_answer import answer_of, final_event
from ....core.json_types import JsonObject
from ....core.replies.finish_reason import ending
from ....core.state import State
from ....core.usage import Usage, tokens_of
from ...agent_server.records import Run
from ...error_responses import Refusal
from .called_function import call_item, called_by
from .ids import MESSAGE, RESPONSE, public_id

INSTRUCTIONS = "instructions"  # the id of the message that holds them
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
INCOMPLETE |= {"refusal": "content_filter"}
FIXED: JsonObject = {
    "background": False,
    "parallel_tool_calls": False,
    "service_tier": "default",
    "text": {"format": {"type": "text"}},
    "tool_choice": "none",
    "tools": [],
    "truncation": "disabled",
}


def response_of(run: Run, status: str, **more: object) -> JsonObject:
    """Return a response.

    Args:
        run: Its run.
        status: OpenAI's word for where it is.
        **more: The fields that are not empty.
    """
    return {
        "id": public_id(RESPONSE, run["run_id"]),
        "object": "response",
        "created_at": int(datetime.fromisoformat(run["created_at"]).timestamp()),
        "status": status,
        **FIXED,
        **run["kwargs"]["response"],
        **dict.fromkeys(("error", "incomplete_details", "usage", "user")),
        "output": [],
        **more,
    }


def ended_response(
    run: Run, values: Mapping[str, object], notices: Sequence[str] | None = None
) -> JsonObject | None:
    """Return a response that has ended, from the state of its thread; `None` without an answer.

    Args:
        run: Its run.
        values: The state at its end.
        notices: What the run said that a person should know; it is not kept.
    """
    state = cast("State", values)
    reason = state.get("stop_reason")
    answer = answer_of(state, reason) if reason else None
    if answer is None:
        return None
    final = final_event(state, answer, state["usage"])
    why = INCOMPLETE.get(ending(answer["finish_reason"]) or "")
    status = "incomplete" if why else "completed"
    about = {name: final[name] for name in ("candidate", "reward", "usage", "gain")}
    return response_of(
        run,
        status,
        incomplete_details={"reason": why} if why else None,
        output=[answer_item(run, status, final["answer"])],
        usage=usage_of_response(state["usage"]),
        tpo={**about, "stop_reason": reason, **({} if notices is None else {"notices": notices})},
    )


def failed_response(run: Run, refusal: Refusal) -> JsonObject:
    """Return a response that has failed."""
    error = {"code": refusal.code or "server_error", "message": refusal.detail}
    return response_of(run, "failed", error=error)


def answer_item(run: Run, status: str, answer: str) -> JsonObject:
    """Return the item that holds the answer: a message, or the call of a function."""
    if called_by(run):
        return call_item(run, answer, status)
    return message_item(run, status, [text_part(answer)])


def message_item(run: Run, status: str, content: list[JsonObject]) -> JsonObject:
    """Return the item that holds the answer."""
    about = {"id": public_id(MESSAGE, run["run_id"]), "type": "message", "role": "assistant"}
    return {**about, "status": status, "content": content}


def text_part(text: str) -> JsonObject:
    """Return a text as a part of the answer."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def usage_of_response(usage: Usage) -> JsonObject:
    """Return the tokens of all requests of a run, and dollars: a field that OpenAI does not have.

    No part of them is known to be reasoning.
    """
    total = usage["total"]
    read, written = total["cached_tokens"], total.get("cache_write_tokens", 0)
    return {
        "input_tokens": total["input_tokens"],
        "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "output_tokens": total["output_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens_of(total),
        "cost_usd": total.get("cost_usd"),
    }
