"""Parameters of a provider without a setting of ours: they go into the requests as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from ..json_types import JsonObject

SETTINGS = {
    **{name: name for name in ("temperature", "top_p", "max_tokens", "seed")},
    **dict.fromkeys(("max_completion_tokens", "max_output_tokens"), "max_tokens"),
    "stop": "stop_sequences",
    "n": "width",
}
"""Parameters that a setting of ours stands for."""
WRITTEN = {"messages", "input", "model", "stream", "stream_options", "response_format"}
WRITTEN |= {"tools", "tool_choice", "functions", "function_call"}
"""What a request is made of."""
OF_THE_CONNECTION = re.compile(
    r"""(?x)
    (.*_)? (api_?key | key_id | access_key | secret | password | credentials | authorization
        | base_?url | api_base | endpoint | endpoint_url | url | host | proxy | headers)
    | (.*_)? (secret | auth | access | bearer | api | session) _ (key | token | value)
    | (.*_)? (organization | project | region_name | api_version | api_type | deployment)
    | (.*_)? (client | async_client | client_args | client_options | client_kwargs | transport)
    | extra_(body | query) | default_query | model_(name | id | kwargs) | deployment_name
    | streaming | disable_streaming | stream_usage | include_response_headers | use_responses_api
    | timeout | request_timeout | max_retries | callbacks | cache | verbose | rate_limiter
    """
)
"""Whom a request goes to, as whom and over what: a policy's spec and the environment say it."""


def parameters_by_name(texts: Sequence[str]) -> JsonObject:
    """Return parameters by name, from texts as they are typed: NAME=VALUE, the value in JSON.

    Raises:
        ValueError: a text has no name.

    Example:
        >>> parameters_by_name(["top_k=20", "reasoning_effort=low"])
        {'top_k': 20, 'reasoning_effort': 'low'}
    """
    found: JsonObject = {}
    for text in texts:
        name, equals, value = str(text).partition("=")
        if not (name.strip() and equals):
            raise ValueError("give NAME=VALUE, such as top_k=20; the value is JSON or plain text")
        try:
            found[name.strip()] = json.loads(value)
        except (ValueError, RecursionError):
            found[name.strip()] = value
    return found


def typed_parameters(parameters: Mapping[str, object]) -> tuple[str, ...]:
    """Return parameters as they are typed: the other way round than `parameters_by_name`."""
    return tuple(f"{name}={json.dumps(value)}" for name, value in parameters.items())


def as_texts(given: object) -> object:
    """Return parameters as the settings hold them, so that these can be compared and hashed."""
    if isinstance(given, Mapping):
        return typed_parameters(given)
    return () if given is None else (given,) if isinstance(given, str) else given


def refuse_own_names(names: Iterable[str]) -> None:
    """Refuse parameters that are not the provider's.

    Raises:
        ValueError: a setting stands for one, or a request is made of it.
    """
    for name in names:
        plain = name.strip().lower().replace("-", "_")  # some servers read names of any case
        if plain in SETTINGS:
            raise ValueError(f"{name} cannot be passed on: use the setting {SETTINGS[plain]}")
        if plain in WRITTEN:
            raise ValueError(f"{name} cannot be passed on: TPO writes it itself")
        if OF_THE_CONNECTION.fullmatch(plain):
            raise ValueError(f"{name} cannot be passed on: it is of the connection, not the texts")


def checked_parameters(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return parameters as they are, after `refuse_own_names`."""
    refuse_own_names(parameters_by_name(given))
    return given


Parameters = Annotated[
    tuple[str, ...],
    BeforeValidator(as_texts),
    AfterValidator(checked_parameters),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]}),
]
"""A setting: an object by names, or what forms and commands give, a list of NAME=VALUE."""
