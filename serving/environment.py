"""The settings of the server, read from flags and environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pydantic import ValidationError

from ..core.errors import ConfigError, evidence
from ..core.json_types import JsonObject
from ..core.make_context import explain
from .guard.access_settings import PREFIX, SECRET
from .server_settings import MODELS, Settings

LISTS = {"hosts", "origins", "trusted_proxies", "allow_parameters"}


def make_settings(given: Mapping[str, object]) -> Settings:
    """Return settings from flags, and from the environment if a flag is missing.

    Raises:
        ConfigError: a setting is wrong. The message never holds a key.
    """
    values = {**from_environment(os.environ), **given}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(evidence(explain(error, secret=SECRET))) from None


def from_environment(environment: Mapping[str, str]) -> JsonObject:
    """Return the settings that the environment holds; lists are separated by commas.

    An empty variable counts as missing, except for the keys: there it is a mistake that would
    open the server, so it is kept as an empty key, which `Settings` refuses.
    """
    values: JsonObject = {}
    for name in Settings.model_fields:
        text = environment.get(MODELS.get(name) or f"{PREFIX}{name.upper()}")
        if name == "keys" and text is not None:
            values[name] = text.split(",")
            continue
        if not text:
            continue
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if name == "models":
            values[name] = named_models(parts)
        else:
            values[name] = parts if name in LISTS else text
    return values


def named_models(pairs: list[str]) -> dict[str, str]:
    """Read NAME=SPEC pairs.

    Raises:
        ConfigError: one of them has no name, or no spec.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, found[name] = pair.partition("=")
    for name, spec in found.items():
        if not name or not spec:
            raise ConfigError(f"{name!r} names no model: give NAME=SPEC, as fast=openai:gpt-5-mini")
    return found
