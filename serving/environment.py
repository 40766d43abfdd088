"""Settings of the server from flags and from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..core.errors import ConfigError, evidence
from ..core.settings import explain
from .settings import MODELS, PREFIX, SECRET, Settings


def make_settings(given: Mapping[str, Any]) -> Settings:
    """Return settings from flags, and from the environment where a flag is missing.

    Raises:
        ConfigError: in one sentence, what is wrong. Values of keys are never in it.
    """
    values = {**from_environment(os.environ), **given}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(evidence(explain(error, secret=SECRET))) from None


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that the environment holds; lists are separated by commas.

    An empty variable counts as missing, but for the keys: there it is a mistake that would open
    the server, so it is kept as the empty key that `Settings` refuses.
    """
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        said = environment.get(MODELS.get(name) or f"{PREFIX}{name.upper()}")
        if name == "keys" and said is not None:
            values[name] = said.split(",")
            continue
        if not said:
            continue
        parts = [part.strip() for part in said.split(",") if part.strip()]
        if name == "models":
            values[name] = named_models(parts)
        else:
            values[name] = parts if name in {"hosts", "origins"} else said
    return values


def named_models(pairs: list[str]) -> dict[str, str]:
    """Read NAME=SPEC pairs.

    Raises:
        ConfigError: there is no `=` in one.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, found[name] = pair.partition("=")
    for name, spec in found.items():
        if not name or not spec:
            raise ConfigError(f"{name!r} names no model: give NAME=SPEC, as fast=openai:gpt-5-mini")
    return found
