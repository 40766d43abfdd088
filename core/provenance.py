"""Where a result comes from: query, models, settings, seed and version, without secrets."""

from __future__ import annotations

from importlib import metadata

from typing_extensions import TypedDict

from .context import Context
from .json_types import JsonObject
from .login import without_logins


class Provenance(TypedDict):
    """What was run, so that a result can be told from others and made again."""

    query: str
    policy: str
    critic: str
    ranked_by: str
    """Name of the reward that ranked at the end; the fallback, once the reward has failed."""
    seed: int | None
    settings: JsonObject
    """All settings. Models and rewards that were given as objects are there by their names."""
    version: str
    """Of this package; "" if it is not installed."""


def settings_shown(context: Context) -> JsonObject:
    """Return the settings of a run as plain JSON, with no login in them.

    Example:
        >>> settings_shown(Context(policy="openai:m@http://user:key@host/v1"))["policy"]
        'openai:m@http://host/v1'
    """
    # `live` is about who watches, not about the run.
    return {
        name: without_logins(value)
        for name, value in context.model_dump(mode="json", exclude={"live"}).items()
    }


def package_version() -> str:
    """Return the version of this package; "" in a source tree that is not installed."""
    try:
        return metadata.version("tpo")
    except metadata.PackageNotFoundError:
        return ""
