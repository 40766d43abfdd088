"""How a request samples, from the settings of its run: for answers and for critiques."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from ...core.context import Context
from ...core.json_types import JsonObject


class Sampling(TypedDict):
    """The fields of a `Request` that say how it samples."""

    parameters: JsonObject
    by_default: frozenset[str]
    limit_setting: str


WARMER = 0.3  # added to the temperature of texts that would copy each other


def answer_sampling(
    context: Context, stop: Sequence[str] = (), *, warmer: bool = False
) -> Sampling:
    """Return how first samples and updates are asked for.

    Args:
        context: The settings.
        stop: What an answer ends before.
        warmer: Whether the last such texts were near copies, and these are to differ more.
    """
    temperature = context.temperature
    if warmer and temperature is not None:
        temperature = round(min(2.0, temperature + WARMER), 3)
    parameters = {
        "temperature": temperature,
        "top_p": context.top_p,
        "max_tokens": context.max_tokens,
        "stop": list(stop) or None,
    }
    return _with_its_source(context, parameters, "max_tokens")


def critique_sampling(context: Context, seed: int | None) -> Sampling:
    """Return how losses and gradients are asked for, with the seed of the request."""
    parameters = {
        "temperature": context.critique_temperature,
        "top_p": context.top_p,
        "max_tokens": context.critique_max_tokens,
        "seed": seed,
    }
    return _with_its_source(context, parameters, "critique_max_tokens")


def _with_its_source(context: Context, parameters: JsonObject, limit: str) -> Sampling:
    """Say beside the parameters whether the limit is a default of ours.

    A subclass of `Context` with another default is somebody's word: a server's settings.
    """
    default = type(context).model_fields[limit].default == Context.model_fields[limit].default
    ours = default and limit not in context.model_fields_set
    by_default = frozenset({"max_tokens"} if ours else ())
    return Sampling(parameters=parameters, by_default=by_default, limit_setting=limit)
