"""The settings of a run that a request of OpenAI's protocol asks for, and its messages, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage

from ...core.context import Context
from ...core.conversation import read_conversation, to_messages
from ...core.errors import ConfigError, InputError
from ...core.json_types import JsonObject
from ...core.message_text import message_words
from ..error_responses import Refusal
from ..guard.limit_settings import MAX_MESSAGES
from ..served_models import ServedModel
from ..server_settings import Settings
from .other_fields import policy_parameters, with_parameters_of


def asked_settings(
    named: Mapping[str, object], tpo: JsonObject, more: Mapping[str, object], server: Settings
) -> JsonObject:
    """Return the settings of a run: OpenAI's names, then those of `tpo`.

    Args:
        named: Settings that OpenAI has names for; `None` sets nothing.
        tpo: The field `tpo`.
        more: The fields that nobody has read: they go to the policy, if the server allows it.
        server: Its settings.

    Raises:
        Refusal: a field is not taken (400).
    """
    given = {name: value for name, value in named.items() if value is not None}
    if "answer_schema" in given and "answer_schema" in tpo:
        message = "the form is asked for twice, and tpo.answer_schema is another: leave it out"
        raise Refusal(400, message, param="tpo")
    passed = policy_parameters(more, server)
    return {"live": False, **given, **with_parameters_of(tpo, passed)}


def checked_context(served: ServedModel, settings: JsonObject) -> Context:
    """Return the settings of a run as the model takes them.

    Raises:
        Refusal: one of them is wrong, or would pause the run (400).
    """
    try:
        context = served.context(**settings)
    except ConfigError as error:
        raise Refusal(400, f"tpo: {error}", param="tpo") from None
    if context.human_pick:
        message = "tpo.human_pick pauses a run, and /v1 has no way to answer: use the page, /app/"
        raise Refusal(400, message, param="tpo", code="unsupported_parameter")
    return context


def checked_messages(
    turns: Sequence[JsonObject], settings: Settings, param: str, before: Sequence[BaseMessage] = ()
) -> list[BaseMessage]:
    """Return the messages of some turns, after a check of the whole conversation.

    Args:
        turns: The new ones, with plain text.
        settings: How long it may be.
        param: Where they stand, for errors.
        before: What was said before them.

    Raises:
        Refusal: it is too long, or there is nothing to answer (400).
    """
    size = sum(len(turn["content"]) for turn in turns) + sum(len(message_words(m)) for m in before)
    if size > settings.max_prompt_chars:
        message = f"the messages hold {size} characters; this server takes "
        message += f"{settings.max_prompt_chars}"
        raise Refusal(400, message, param=param, code="context_length_exceeded")
    if len(turns) + len(before) > MAX_MESSAGES:
        message = f"{len(turns) + len(before)} messages are too many: send {MAX_MESSAGES} at most"
        raise Refusal(400, message, param=param, code="context_length_exceeded")
    try:
        messages = [*before, *to_messages(list(turns))]
        read_conversation(messages)  # type: ignore[arg-type]
    except InputError as error:
        raise Refusal(400, str(error), param=param) from None
    return messages[len(before) :]
