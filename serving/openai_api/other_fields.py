"""The fields of a body beside those that are read: passed on, of no effect, or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...core.context import USUAL_NAMES, Context
from ...core.errors import evidence
from ...core.json_types import JsonObject
from ...core.settings.parameters import as_texts, refuse_own_names, typed_parameters
from ..error_responses import Refusal
from ..server_settings import Settings

TOOLS = (
    "tools are not offered here, except one that tool_choice names: put TPO into an agent "
    "(tpo.TPOMiddleware), leave them out, or "
    'send tool_choice: "none"; for clients that always send some, start the server with '
    "--ignore-tools"
)
NOT_OFFERED = {
    "tools": TOOLS,
    "functions": "functions are not offered here: leave them out",
    "audio": "audio is not offered here: the answer is text",
    "logprobs": "logprobs are not offered here: leave them out",
    "top_logprobs": "logprobs are not offered here: leave them out",
    "background": "background is not offered here: wait for the response, or stream it",
    "conversation": "conversations are not offered here: go on with previous_response_id",
    "prompt": "stored prompts are not offered here: send the text as input and instructions",
    "context_management": "context_management is not offered here: send what is to be read",
}
WITHOUT_EFFECT = {
    "user", "store", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
    "tool_choice", "function_call", "parallel_tool_calls", "max_tool_calls", "include",
    "stream_options", "truncation",
}  # fmt: skip
"""On the one answer, with no tool to choose."""
DEFAULTS: dict[str, tuple[object, ...]] = {
    "service_tier": ("auto", "default"),
    "modalities": (["text"],),
    "verbosity": ("medium",),
}
DEFAULTS |= dict.fromkeys(("presence_penalty", "frequency_penalty", "logit_bias"), (0, {}))
"""Values that ask for what is done anyway."""


def policy_parameters(more: Mapping[str, object], settings: Settings) -> JsonObject:
    """Return the fields that go to the policy, after refusing those that would be ignored.

    Args:
        more: The fields of a body that nobody has read.
        settings: Say which parameters are passed on, and whether tools may be ignored.

    Raises:
        Refusal: something is not offered, not allowed, or belongs elsewhere (400).
    """
    passed: JsonObject = {}
    choice = more.get("tool_choice")
    no_tool = choice == "none" or (settings.ignore_tools and choice in ("auto", None))
    for name, value in more.items():
        if value is None or (name == "tools" and no_tool):
            continue
        if name in NOT_OFFERED:
            if value:
                raise not_offered(name, NOT_OFFERED[name])
        elif name in settings.allow_parameters:
            passed[name] = value
        elif name not in WITHOUT_EFFECT and value not in DEFAULTS.get(name, ()):
            raise not_offered(name[:80], _why_not(name, value))
    return passed


def with_parameters_of(tpo: JsonObject, passed: JsonObject) -> JsonObject:
    """Return the settings of a run with parameters beside those that it names itself."""
    own = as_texts(tpo.get("parameters"))
    if not passed or not isinstance(own, list | tuple):
        return tpo
    return {**tpo, "parameters": [*typed_parameters(passed), *own]}


def _why_not(name: str, value: object) -> str:
    """Return why a field is not taken: it is a setting of ours, or one that is not allowed."""
    known = name if name in Context.model_fields else USUAL_NAMES.get(name)
    if known and not isinstance(value, Mapping):
        shown = evidence(json.dumps({"tpo": {known: value}}))
        return f'{name} is a setting of TPO, so it belongs in the field "tpo": {shown}'
    if name in ("context", "config", "configurable", "settings"):
        return f'{name} is not read here: settings of TPO belong in the field "tpo"'
    try:
        refuse_own_names([name])
    except ValueError as error:
        return f"{evidence(str(error))}; leave it out"
    return (
        f"{evidence(name)} is not passed on to the model: leave it out, or ask the "
        f"server's operator to allow it (tpo serve --allow-parameter {evidence(name)})"
    )


def not_offered(name: str, message: str) -> Refusal:
    """Return the refusal of a field."""
    return Refusal(400, message, param=name, code="unsupported_parameter")
