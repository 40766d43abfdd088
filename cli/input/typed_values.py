"""Values of settings as they are typed: a number or `none`, the file of a schema."""

from __future__ import annotations

import typer

from ...core.errors import ConfigError
from ...core.json_types import JsonObject

OWN = "none"  # typed to keep the model's own value


def number(text: str) -> float | int | str:
    """Read a number, or `none`."""
    if text.strip().lower() == OWN:
        return OWN
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise typer.BadParameter(f"{text!r} is neither a number nor {OWN!r}")


def schema_file(name: str) -> JsonObject:
    """Read the schema in a file."""
    from ...rewards.verifying.json_schema import read_schema  # --help stays fast

    try:
        return read_schema(name)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None
