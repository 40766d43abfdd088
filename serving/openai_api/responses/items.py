"""The items of a request's input, as the turns of a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import ValidationError

from ....core.json_types import JsonObject
from ....core.make_context import explain
from ...error_responses import Refusal
from ...guard.limit_settings import MAX_MESSAGES
from ..turn import Turn
from .ids import REASONING

FindAnswer = Callable[[str], Awaitable[JsonObject]]
"""Returns the turn that an item of an earlier response is, by its id."""


async def turns_in(given: str | list[JsonObject], find: FindAnswer) -> list[JsonObject]:
    """Return the turns of an input, with plain text.

    Args:
        given: A text, or items.
        find: Finds what an item refers to.

    Raises:
        Refusal: an item cannot be taken (400), or refers to what is not there (404).
    """
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if len(items) > MAX_MESSAGES:
        message = f"{len(items)} items are too many: send {MAX_MESSAGES} at most"
        raise Refusal(400, message, param="input", code="context_length_exceeded")
    turns = list[JsonObject]()
    for item in items:
        if item.get("type") == "item_reference":
            name = str(item.get("id"))
            if not name.startswith(REASONING):  # no model reads its own thoughts again
                turns.append(await find(name))
        elif item.get("type") != "reasoning":
            turn = turn_of(item)
            if item.get("type") == "function_call" and turns and turns[-1].get("tool_calls"):
                turns[-1]["tool_calls"] += turn["tool_calls"]  # calls that were made together
            else:
                turns.append(turn)
    return turns


def turn_of(item: JsonObject) -> JsonObject:
    """Return one item as a turn.

    Raises:
        Refusal: it cannot be taken (400).
    """
    try:
        return Turn.model_validate(_in_chat_form(item), strict=True).as_turn()
    except ValidationError as error:
        raise Refusal(400, f"input: {explain(error)[:1000]}", param="input") from None
    except Refusal as refusal:
        refusal.param = "input"
        raise


def _in_chat_form(item: JsonObject) -> JsonObject:
    """Return an item in the form of a message for chat completions."""
    match item.get("type") or "message":
        case "message":
            return {"role": item.get("role"), "content": item.get("content")}
        case "function_call":
            parts = {name: text_field(item, name) for name in ("name", "arguments")}
            call = {"id": text_field(item, "call_id"), "type": "function", "function": parts}
            return {"role": "assistant", "tool_calls": [call]}
        case "function_call_output":
            called = text_field(item, "call_id")
            return {"role": "tool", "content": item.get("output"), "tool_call_id": called}
        case kind:
            raise Refusal(
                400,
                f"items of type {str(kind)[:80]!r} are not offered here: send messages, "
                "function calls and their outputs",
                code="unsupported_content",
            )


def text_field(item: JsonObject, name: str) -> str:
    """Return a field of an item that has to be a text.

    Raises:
        Refusal: it is something else (400).
    """
    value = item.get(name)
    if not isinstance(value, str):
        raise Refusal(400, f"a {item['type']} needs {name}, a text")
    return value
