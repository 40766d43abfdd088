"""One row: its id, its columns as they were read, and the conversation to answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.conversation import read_conversation, to_messages
from ...core.errors import InputError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject

PROMPTS = ("messages", "prompt", "instruction", "question", "query", "turns", "input")
SYSTEMS = ("system", "system_prompt")
IDS = ("id", "key", "uid", "question_id")
LONGEST_ID = 200
_ROLES = {"human": "user", "ai": "assistant"}


@dataclass(frozen=True)
class Row:
    """What is to be answered.

    Attributes:
        id: Names the row in results, and its run.
        input: All its columns.
        messages: The conversation: `{"role", "content"}` each.
    """

    id: str
    input: JsonObject
    messages: list[JsonObject]


@dataclass
class RowReader:
    """Makes rows of what a file holds; the first one says which column is the prompt.

    Attributes:
        prompt: The column of the prompt, once it is known.
        id: The column of the id, or "" for a digest of the row.
    """

    prompt: str = ""
    id: str = ""
    kind: type | None = None
    seen: set[int] = field(default_factory=set, repr=False)
    copies: dict[str, int] = field(default_factory=dict, repr=False)

    def row(self, given: object) -> Row:
        """Return a row.

        Args:
            given: An object with its columns; or a bare prompt.

        Raises:
            InputError: it cannot be answered, or its id was there before.
        """
        columns: JsonObject = {"prompt": given} if isinstance(given, str) else as_object(given)
        if not self.prompt:
            self._learn(columns)
        value = columns.get(self.prompt)
        if value is None:
            raise InputError(f'the column "{self.prompt}" is missing, which the first row has')
        if self.kind and not isinstance(value, self.kind):
            raise InputError(
                f'"{self.prompt}" is {named(value)}, and {named(self.kind())} in the first row'
            )
        messages = conversation_of(columns, self.prompt)
        return Row(self._id_of(columns), columns, messages)

    def _learn(self, columns: JsonObject) -> None:
        found = [name for name in PROMPTS if columns.get(name) is not None]
        if not found:
            raise InputError(
                f"none of the columns {', '.join(PROMPTS)} is there to answer; there are "
                f"{', '.join(columns) or 'none'}"
            )
        value = columns[found[0]]
        if not isinstance(value, str | list):
            raise InputError(f'"{found[0]}" is {named(value)}: give a text, or a list of messages')
        self.prompt, self.kind = found[0], type(value)
        self.id = next((name for name in IDS if columns.get(name) is not None), "")

    def _id_of(self, columns: JsonObject) -> str:
        if self.id:
            name = id_text(columns.get(self.id), self.id)
        else:
            name = digest_of(columns)
            self.copies[name] = before = self.copies.get(name, 0) + 1
            name = name if before == 1 else f"{name}-{before}"
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
        if key in self.seen:
            raise InputError(f"the {self.id} {name!r} is there twice: each row needs its own")
        self.seen.add(key)
        return name


def as_object(given: object) -> JsonObject:
    """Return a row as an object with its columns; a list is one of messages.

    Raises:
        InputError: neither.
    """
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, list | tuple):
        return {"messages": list(given)}
    raise InputError(f"a row is {named(given)}: give an object with its columns")


def conversation_of(columns: JsonObject, field: str) -> list[JsonObject]:
    """Return what a row asks.

    Of several `turns` the first is asked. An `input` beside an `instruction` belongs to it, as in
    Alpaca's data.

    Raises:
        InputError: it cannot be answered.
    """
    value = columns[field]
    if field == "instruction" and isinstance(more := columns.get("input"), str) and more.strip():
        value = f"{value}\n\n{more}"
    if field == "turns" and isinstance(value, list):
        value = value[0] if value else ""
    turns = as_meant(to_messages(messages_in(value)))
    read_conversation(turns)
    given = [{"role": _ROLES.get(m.type, m.type), "content": m.content} for m in turns]
    if isinstance(value, list) and all(isinstance(turn, dict) for turn in value):
        given = [dict(turn) for turn in value]  # with their tool calls and the like
    system = next((s for name in SYSTEMS if isinstance(s := columns.get(name), str) and s), "")
    if system and given[0]["role"] != "system":
        given = [{"role": "system", "content": system}, *given]
    if "\\u0000" in json.dumps(given):
        raise InputError("the prompt holds a NUL character, which no model takes")
    return given


def messages_in(value: Any) -> str | Sequence[Any]:
    """Return a prompt in a form that messages are made of.

    Raises:
        InputError: it is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if not value:
            raise InputError("there are no messages in it")
        return value
    raise InputError(f"the prompt is {named(value)}: give a text, or a list of messages")


def id_text(value: object, name: str) -> str:
    """Return an id as text.

    Raises:
        InputError: it is none, or cannot name a run.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise InputError(f'"{name}" is {named(value)}: give each row a text or a whole number')
    text = str(value)
    if len(text) > LONGEST_ID or not text.isprintable():
        raise InputError(
            f'"{name}" is longer than {LONGEST_ID} characters, or has unprintable ones'
        )
    return text


def digest_of(value: object) -> str:
    """Return what differs between contents, and is the same on every machine."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def named(value: object) -> str:
    """Return what kind of JSON a value is, in words."""
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    kinds |= {list: "a list", dict: "an object", type(None): "nothing"}
    return kinds.get(type(value), type(value).__name__)
