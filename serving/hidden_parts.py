"""What clients need not know of the specs of a server: `core/told_name.py` says what."""

from __future__ import annotations

from ..core.json_types import JsonObject
from ..core.told_name import told_name, told_text
from .server_settings import Settings

TEXT: JsonObject = {"type": "string"}
SPECS: dict[str, JsonObject] = dict.fromkeys(
    ("policy", "critic", "reward", "heldout", "fallback_reward"), TEXT
)
SPECS |= {"policies": {"type": "array", "items": TEXT}}


def for_clients(text: str, settings: Settings) -> str:
    """Return a message without addresses, paths, references and commands of this server's specs."""
    specs = (settings.policy, settings.critic, settings.reward, *settings.models.values())
    return told_text(text, specs)


def told_reward(spec: str) -> str:
    """Return what a client that may name a spec calls it: only verifiers have something to hide.

    Example:
        >>> told_reward("verify:exact:42"), told_reward("judge:openai:m@http://gpu:9000/v1")
        ('verify:exact', 'judge:openai:m@http://gpu:9000/v1')
    """
    return told_name(spec) if "verify:" in spec else spec


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
