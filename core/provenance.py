"""Where a result comes from: query, models, settings, seed and version, without secrets."""

from __future__ import annotations

from importlib import metadata

from typing_extensions import TypedDict

from .context import Context
from .json_types import JsonObject
from .login import without_logins
from .reference_mark import without_reference

REWARDS = ("reward", "heldout", "fallback_reward")  # settings that are specs of rewards


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
    """Return the settings of a run as plain JSON, with no login and no reference answer in them.

    Example:
        >>> settings_shown(Context(policy="openai:m@http://user:key@host/v1"))["policy"]
        'openai:m@http://host/v1'
    """
    # `live` is about who watches, not about the run.
    values = context.model_dump(mode="json", exclude={"live"})
    shown = {name: without_logins(value) for name, value in values.items()}
    return shown | {name: without_reference(shown[name]) for name in REWARDS if shown[name]}


def package_version() -> str:
    """Return the version of this package; "" in a source tree that is not installed."""
    try:
        return metadata.version("tpo")
    except metadata.PackageNotFoundError:
        return ""
