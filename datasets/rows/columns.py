"""The columns that people have: which one is the prompt, and what it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.conversation import read_conversation, to_messages
from ...core.errors import InputError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject
from ...core.message_json import role_of
from .turns import TURNS, questions_of

PROMPTS = ("messages", "prompt", "instruction", "question", "query", TURNS, "input")
NAMES = f"{', '.join(PROMPTS[:-1])} or {PROMPTS[-1]}"
SYSTEMS = ("system", "system_prompt")
IDS = ("id", "key", "uid", "question_id")


def as_object(given: object) -> JsonObject:
    """Return a row as an object with its columns; a list is one of messages.

    Raises:
        InputError: neither.
    """
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, list | tuple):
        return {"messages": list(given)}
    raise InputError(f"a row is {in_words(given)}: give an object with its columns")


def conversation_of(columns: JsonObject, field: str) -> list[JsonObject]:
    """Return what a row asks.

    Of several `turns` this is the first; `further_questions` has the others. An `input` beside an
    `instruction` belongs to it, as in Alpaca's data.

    Raises:
        InputError: it cannot be answered.
    """
    value = columns[field]
    if field == "instruction" and isinstance(more := columns.get("input"), str) and more.strip():
        value = f"{value}\n\n{more}"
    if field == TURNS and isinstance(value, list):
        value = questions_of(value)[0] if value else ""
    turns = as_meant(to_messages(prompt_in(value)))
    read_conversation(turns)
    given = [{"role": role_of(m), "content": m.content} for m in turns]
    if isinstance(value, list) and all(isinstance(turn, dict) for turn in value):
        given = [dict(turn) for turn in value]  # with their tool calls and the like
    system = next((s for name in SYSTEMS if isinstance(s := columns.get(name), str) and s), "")
    if system and given[0]["role"] == "system":
        raise InputError(
            "there are two system prompts, one in its own column and one in the messages: "
            "leave one of them out"
        )
    if system:
        given = [{"role": "system", "content": system}, *given]
    return given


def prompt_in(value: Any) -> str | Sequence[Any]:
    """Return a prompt in a form that messages are made of.

    Raises:
        InputError: it is something else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if not value:
            raise InputError("there are no messages in it")
        return value
    raise InputError(f"the prompt is {in_words(value)}: give a text, or a list of messages")


def in_words(value: object) -> str:
    """Return what kind of JSON a value is, in words."""
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "an object", type(None): "nothing"}
    return kinds.get(type(value), type(value).__name__)
