"""Questions of a row that follow each other: `turns`, as in MT-bench."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import HumanMessage

from ...core.conversation import read_conversation, to_messages
from ...core.errors import InputError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject

TURNS = "turns"


def questions_of(turns: Sequence[object]) -> list[object]:
    """Return what each of some turns asks: a text, or the content of `{"content": ...}`.

    Turns that others than the user have said too are a conversation, and ask once.

    Example:
        >>> questions_of(["Why?", "How?"]), questions_of([{"content": "Why?"}])
        (['Why?', 'How?'], ['Why?'])
    """
    if any(isinstance(turn, dict) and turn.get("role", "user") != "user" for turn in turns):
        return [turns]
    return [turn.get("content", turn) if isinstance(turn, dict) else turn for turn in turns]


def further_questions(turns: object) -> tuple[JsonObject, ...]:
    """Return the messages that ask the second question and those after it, if there are any.

    Raises:
        InputError: one of them asks nothing; the message says which.
    """
    further = questions_of(turns)[1:] if isinstance(turns, list) else []
    return tuple(
        {"role": "user", "content": asked_in(question, number)}
        for number, question in enumerate(further, 2)
    )


def asked_in(question: object, number: int) -> object:
    """Return the content of the message that asks a question.

    Raises:
        InputError: it asks nothing.
    """
    if not isinstance(question, str | list):
        raise InputError(f"turn {number} is neither a text nor a message")
    try:
        text = isinstance(question, str)
        (message,) = as_meant(to_messages(question if text else [HumanMessage(question)]))
        read_conversation([message])
    except InputError as error:
        raise InputError(f"turn {number}: {error}") from None
    return message.content
