"""`tpo serve keys`: makes, lists and takes away the keys of people."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...core.errors import ConfigError
from ...core.make_context import explain
from ...serving.guard.access_settings import AccessSettings
from ...serving.guard.callers import KeyLimits
from ...serving.guard.key_records import KeyRecord, new_key
from ...serving.guard.keys_file import read_keys, write_keys
from ..console import say

UNSHOWN = {"salt", "digest"}


def people_in(data: Path | None, keys_file: Path | None) -> tuple[Path, list[KeyRecord]]:
    """Return the file of keys, and who is in it.

    Raises:
        StoreError: it cannot be used.
    """
    path = AccessSettings(data=data, keys_file=keys_file).people_file
    return path, read_keys(path)


def add_person(about: dict[str, Any], data: Path | None, keys_file: Path | None) -> int:
    """Add a person, and print the key.

    Raises:
        ConfigError: there is one of this name already, or something about it is wrong.
        StoreError: the file cannot be used.
    """
    path, people = people_in(data, keys_file)
    name = about["name"]
    if any(person.name == name for person in people):
        raise ConfigError(f"{name} has a key already: tpo serve keys revoke {name} takes it away")
    try:
        limits = KeyLimits(**about["limits"])
        made, key = new_key(name, about["role"], limits, by_header=about["by_header"])
    except ValidationError as error:
        raise ConfigError(explain(error)) from None
    write_keys(path, [*people, made])
    if key:
        say(f"The key of {name}, shown only this once; {path} holds its digest:")
        sys.stdout.write(f"{key}\n")
    else:
        say(f"{name} may come in through a proxy's login (tpo serve --trusted-header)")
    return 0


def list_people(data: Path | None, keys_file: Path | None, *, as_json: bool) -> int:
    """Print who has a key, one line each."""
    path, people = people_in(data, keys_file)
    for person in people:
        shown = {**person.model_dump(exclude_defaults=True, exclude=UNSHOWN), "role": person.role}
        shown |= {} if person.digest else {"by_header": True}
        words = [str(shown.pop("name")), *(f"{name}={value}" for name, value in shown.items())]
        as_row = json.dumps({"name": person.name, **shown})
        sys.stdout.write(f"{as_row if as_json else '  '.join(words)}\n")
    if not people:
        say(f"no keys in {path}: tpo serve keys add NAME makes one")
    return 0


def revoke_person(name: str, data: Path | None, keys_file: Path | None) -> int:
    """Take a person's key away.

    Raises:
        ConfigError: there is nobody of this name.
        StoreError: the file cannot be used.
    """
    path, people = people_in(data, keys_file)
    kept = [person for person in people if person.name != name]
    if len(kept) == len(people):
        raise ConfigError(f"nobody in {path} is called {name!r}; tpo serve keys list shows them")
    write_keys(path, kept)
    say(f"{name} cannot come in any more: runs under way are stopped, threads stay")
    return 0
