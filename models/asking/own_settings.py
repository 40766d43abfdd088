"""What the user set on a chat model: it wins over our defaults.

The model's own token limit, thinking and streaming win over a default of ours; a setting that a
run was given wins over both. Temperature and top-p are the method's: the paper's stay unless
the server refuses them or the model thinks with a budget (docs/models.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel

MAX_TOKENS_FIELDS = ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens")
FIELDS: Mapping[str, tuple[str, ...]] = {  # what providers' classes call a parameter
    "max_tokens": MAX_TOKENS_FIELDS,
    "seed": ("seed", "random_seed"),
    "stop": ("stop", "stop_sequences"),
}
_HOLDERS = ("additional_model_request_fields", "model_kwargs", "extra_body")


def field_of(model: BaseChatModel, parameter: str) -> str | None:
    """Return what a model calls a parameter, or `None` if it has none such."""
    names = FIELDS.get(parameter, (parameter,))
    return next((name for name in names if name in type(model).model_fields), None)


def own_limit(model: BaseChatModel) -> int | None:
    """Return the token limit that the user set on the model, or `None`.

    A class may fill in the most that its model can write, or a default of what it wraps;
    that is not the user's word.
    """
    name, wrapped = field_of(model, "max_tokens"), getattr(model, "llm", None)
    filled_in = [(model.profile or {}).get("max_output_tokens")]
    if isinstance(wrapped, BaseModel) and "max_new_tokens" not in wrapped.model_fields_set:
        filled_in.append(getattr(wrapped, "max_new_tokens", None))
    value = getattr(model, name, None) if name in model.model_fields_set else None
    return value if isinstance(value, int) and value > 0 and value not in filled_in else None


def thinking_of(model: BaseChatModel) -> Mapping[str, object]:
    """Return how the model is told to think (Claude's `thinking`), or nothing."""
    held = [getattr(model, name, None) or {} for name in _HOLDERS]
    given = getattr(model, "thinking", None) or next(
        (h["thinking"] for h in held if isinstance(h, Mapping) and "thinking" in h), None
    )
    on = isinstance(given, Mapping) and given.get("type") != "disabled"
    return given if isinstance(given, Mapping) and on else {}


def thinking_tokens(model: BaseChatModel) -> int:
    """Return how many tokens of a reply are for thinking, by the model's own settings.

    Every provider counts them in the limit of the reply.
    """
    reasoning = getattr(model, "reasoning", None)
    given = (
        thinking_of(model).get("budget_tokens"),
        getattr(model, "thinking_budget", None),
        reasoning.get("max_tokens") if isinstance(reasoning, Mapping) else None,
    )
    return next((n for n in given if isinstance(n, int) and n > 0), 0)


def streaming_of(model: BaseChatModel) -> bool | None:
    """Return whether the user wants each reply of this model streamed, or none; `None` is open."""
    if model.disable_streaming is True:
        return False
    wanted = getattr(model, "streaming", None)
    return wanted if wanted or "streaming" in model.model_fields_set else None
