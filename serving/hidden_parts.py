"""What clients need not know of the specs of a server: addresses of models, paths of files."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath
from urllib.parse import urlsplit

from ..core.json_types import JsonObject
from .server_settings import Settings

ADDRESS = re.compile(r"@(https?://[^\s,|'\"]+)")
PATH = re.compile(r"(?<![\w/@.~])(?:~|\.{1,2})?/[^\s,:|'\"]+")
AT = "(its address)"
TEXT: JsonObject = {"type": "string"}
SPECS: dict[str, JsonObject] = dict.fromkeys(
    ("policy", "critic", "reward", "heldout", "fallback_reward"), TEXT
)
SPECS |= {"policies": {"type": "array", "items": TEXT}}


@lru_cache(maxsize=8)
def hidden_parts(specs: tuple[str, ...]) -> dict[str, str]:
    """Return what is hidden in texts, the longest first, and what stands in its place.

    Example:
        >>> hidden_parts(("openai:x@http://gpu:9000/v1", "mix:/home/me/mix.toml"))["@http://gpu:9000/v1"]
        ''
    """
    found: dict[str, str] = {}
    for spec in specs:
        for address in ADDRESS.findall(spec):
            found |= {f"@{address}": "", address: AT, urlsplit(address).netloc: AT}
        for path in PATH.findall(ADDRESS.sub("", spec)):
            found[path] = PurePath(path).name
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def for_clients(text: str, settings: Settings) -> str:
    """Return a message without the addresses and paths of this server's specs."""
    specs = (settings.policy, settings.critic, settings.reward, *settings.models.values())
    for part, shown in hidden_parts(specs).items():
        text = text.replace(part, shown)
    return text


def without_specs(context: JsonObject) -> JsonObject:
    """Return the schema of the settings without the specs of this server: it needs no key."""
    properties = dict(context["properties"])
    for name in SPECS:
        kept = {k: v for k, v in properties[name].items() if k in {"title", "description"}}
        properties[name] = {**kept, **SPECS[name]}
    return {**context, "properties": properties}


def short_name(spec: str) -> str:
    """Return the name of a policy without its address.

    Example:
        >>> short_name("openai:x@http://gpu:9000/v1")
        'openai:x'
    """
    return spec.partition("@http")[0]


def by_short_name(specs: list[str]) -> dict[str, str]:
    """Return the specs that a client may name without their address: those with a name alone."""
    names = [short_name(spec) for spec in specs]
    alone = {name for name in names if names.count(name) == 1} - {*specs}
    return {name: spec for name, spec in zip(names, specs, strict=True) if name in alone}
