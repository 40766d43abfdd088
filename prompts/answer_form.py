"""The form of the answer, if a schema is set: how it is asked for, and how a reply is read.

Without a schema no prompt has a word of this. Placeholder: `{schema}`. The wording is ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from langchain_core.messages import AnyMessage

from ..core.answer_schema import ANY_OBJECT
from ..core.json_answer import begun_json, is_json, json_in
from ..core.json_types import JsonObject
from ..core.prompt_template import Prompt
from ..core.replies.reasoning import split_reasoning
from ..core.replies.reply import Reply
from ..models.request import Request
from .advice import with_note

FORM = Prompt(
    """\


(A note on the form: the answer is read by a program. It is one JSON value that fits this JSON
schema, with nothing before or after it.

<json_schema>
{schema}
</json_schema>)""",
    required=("schema",),
)
ANY_FORM = (
    "\n\n(A note on the form: the answer is read by a program. It is one JSON object, with nothing "
    "before or after it.)"
)


class Asks(Protocol):
    """A way to ask for a candidate: how its request is made, and its reply read and shown."""

    @property
    def request(self) -> Callable[[frozenset[str]], Request]: ...  # noqa: D102
    @property
    def read(self) -> Callable[[Reply], Reply]: ...  # noqa: D102
    @property
    def partial(self) -> Callable[[str], str]: ...  # noqa: D102


AsksT = TypeVar("AsksT", bound=Asks)


def ways_in_form(ways: Sequence[AsksT], schema: JsonObject | None) -> Sequence[AsksT]:
    """Return ways to ask for candidates that fit a schema; without one, the same."""
    return [in_form(way, schema) for way in ways] if schema else ways


def in_form(way: AsksT, schema: JsonObject) -> AsksT:
    """Return a way to ask for a candidate that fits a schema."""
    changes: JsonObject = {
        "request": lambda refused: asked_in_form(way.request(refused), schema),
        "read": lambda reply: read_in_form(reply, way.read),
        "partial": shown_in_form,
    }
    return replace(way, **changes)  # type: ignore[type-var]


def form_note(schema: JsonObject | None) -> str:
    """Return what is added to a request for the sake of the form; "" without a schema."""
    if not schema:
        return ""
    if schema == ANY_OBJECT:
        return ANY_FORM
    return FORM.fill({"schema": json.dumps(schema, ensure_ascii=False)})


def asked_in_form(request: Request, schema: JsonObject) -> Request:
    """Return a request that says the form, and has the provider hold the model to it."""
    note, policy = form_note(schema), request.policy
    said = any(note in message.text for message in request.messages)
    messages: list[AnyMessage] = [*request.messages]  # type: ignore[list-item]
    refused = "response_format" in request.refused
    # Elsewhere it would be a tool without parameters: what is said has to do.
    unsaid = schema == ANY_OBJECT and "extra_body" not in type(policy.model).model_fields
    return replace(
        request,
        messages=messages if said else with_note(messages, note),
        schema=None if refused or unsaid else {"title": "answer", **schema},
    )


def read_in_form(reply: Reply, read: Callable[[Reply], Reply]) -> Reply:
    """Return a reply whose text is the JSON in it; one without any stays as it is.

    Args:
        reply: The reply.
        read: Finds the answer where no schema is set: a model may still write its tags.
    """
    if reply.error:
        return reply
    found = json_in(reply.text)
    if not is_json(found):
        inner = read(reply)
        found = found if inner.error else json_in(inner.text)
    return replace(reply, text=found)


def shown_in_form(text: str) -> str:
    """Return what can be shown of a reply that is still being written."""
    return begun_json(split_reasoning(text)[0])
