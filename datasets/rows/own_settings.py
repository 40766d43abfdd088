"""Settings that a row brings: checked like those of a run, before anything is paid."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...core.context import Context
from ...core.errors import ConfigError, InputError
from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...core.strict_json import parse_json

COLUMN = "settings"
OF_ALL = frozenset({
    # A file of rows may come from anywhere: it names no model, no server and no code.
    "policy", "policies", "critic", "reward", "heldout", "fallback_reward", "prompts", "price",
    "on_reward_failure",
    # Of the batch: its requests share one limit, and nobody watches a row.
    "max_concurrency", "timeout", "retries", "live", "human_pick",
})  # fmt: skip
"""Settings that are the same for all rows."""

DECIDING = ("width", "parameters", "answer_schema", "budget_usd")
"""Settings of a row that decide, with those of all rows, whether it can run at all."""


def settings_of_row(columns: Mapping[str, object]) -> JsonObject:
    """Return the settings that a row brings in its column `settings`; those left `null` are not.

    Args:
        columns: Those of the row. In a CSV file the object is written as JSON.

    Raises:
        InputError: it is not an object with settings, or one of them is the same for all rows.

    Example:
        >>> settings_of_row({"prompt": "Why?", "settings": {"depth": 1, "seed": None}})
        {'depth': 1}
    """
    given = columns.get(COLUMN)
    try:
        read = parse_json(given, unique=True) if isinstance(given, str) else given
    except ValueError as error:
        raise InputError(f'"{COLUMN}" is not JSON: {error}') from None
    if read is None:
        return {}
    if not isinstance(read, Mapping):
        raise InputError(
            f'"{COLUMN}" is not an object: it holds settings of the row, such as {{"depth": 1}}; '
            "give a column that means something else another name"
        )
    own = {str(name): value for name, value in read.items() if value is not None}
    if shared := sorted(OF_ALL & own.keys()):
        raise InputError(f'"{COLUMN}" names {", ".join(shared)}, which is the same for all rows')
    return checked_settings(own)


def checked_settings(own: JsonObject) -> JsonObject:
    """Return settings as they are, after checking names and bounds.

    Raises:
        InputError: in one sentence, what is wrong and what is allowed.
    """
    try:
        make_context(None, **own)
    except ConfigError as error:
        raise InputError(f'"{COLUMN}": {error}') from None
    return own


def with_own_settings(context: Context, own: JsonObject) -> Context:
    """Return the settings of a row: those of all rows, and its own in place of some."""
    return make_context(context, **own) if own else context


def deciding(own: JsonObject) -> str:
    """Return what a row's settings say on whether it can run; alike for rows that run alike.

    Example:
        >>> deciding({"width": 3, "seed": 1, "budget_usd": 0.5})
        '{"width": 3, "budget_usd": true}'
    """
    found = {name: own[name] for name in DECIDING if name in own}
    if "budget_usd" in found:
        found["budget_usd"] = bool(found["budget_usd"])
    return json.dumps(found, default=str)
