"""Make and vary a `Context`: from keywords, with other defaults, and its complaints in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from typing import Any

from pydantic import ValidationError, create_model

from .context import Context
from .errors import ConfigError


def context_with(name: str, **defaults: object) -> type[Context]:
    """Return a `Context` class with other defaults, so that forms show them.

    Args:
        name: The class's name.
        **defaults: Setting names and their new defaults.
    """
    fields: dict[str, Any] = {}
    for setting, value in defaults.items():
        field = copy(Context.model_fields[setting])
        field.default = value
        fields[setting] = (field.annotation, field)
    made: type[Context] = create_model(name, __base__=Context, **fields)
    return made


def chosen_context(given: object, settings: Mapping[str, object]) -> Context:
    """Return the settings of a call that may give them as a whole, one by one, or both.

    Args:
        given: A `Context`, a mapping of settings, or `None`.
        settings: Single settings; they win.

    Raises:
        ConfigError: in one sentence, what is wrong and what is allowed.

    Example:
        >>> chosen_context(Context(depth=1, width=3), {"depth": 2}).depth
        2
    """
    if given is None or isinstance(given, Context):
        return make_context(given, **settings) if settings or given is None else given
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"context is {type(given).__name__}: give Context(...), or settings by their names"
        )
    return make_context(None, **{**given, **settings})


def make_context(base: Context | None = None, **settings: object) -> Context:
    """Return `base` with `settings` changed, checked like a new one.

    Raises:
        ConfigError: in one sentence, what is wrong and what is allowed.
    """
    for name, value in settings.items():
        field = Context.model_fields.get(name)
        # Pydantic takes `True` for 1, which nobody means.
        if isinstance(value, bool) and field and field.annotation is not bool:
            raise ConfigError(f"{name}: {value} is not a value of this setting")
    values = {**(base.model_dump(exclude_unset=True) if base else {}), **settings}
    kind = type(base) if base else Context  # a subclass has other defaults
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(error)) from None


def explain(error: ValidationError, *, secret: Collection[str] = ()) -> str:
    """Turn pydantic's report into one sentence: the setting, what is wrong, the value.

    Args:
        error: The report.
        secret: Settings whose values are left out.
    """
    problems = []
    for item in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in item["loc"])
        wrong = item["msg"].removeprefix("Value error, ")
        wrong = wrong[0].lower() + wrong[1:]
        hidden = isinstance(item["input"], dict) or (bool(place) and item["loc"][0] in secret)
        got = "" if hidden else f" (got {item['input']!r})"
        problems.append(f"{place}: {wrong}{got}" if place else wrong)
    return "; ".join(problems)
