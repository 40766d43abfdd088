"""What a policy's spec must look like: checked before anything is built, imported or shown."""

from __future__ import annotations

import re

from ..core.errors import SpecError
from ..core.policy_forms import POLICY_FORMS, listed
from .address import server_address

VALID = f"Valid forms: {listed(POLICY_FORMS)}"
ON_SERVER = "openai:NAME@http://HOST/v1"
VERSION = r"[\d.-]+|latest|default|stable"
IN_PROCESS = ("embedded", "huggingface")  # what follows is a file, a folder or a hub id


def split_server(name: str) -> tuple[str, str]:
    """Return a model's name and its server, or ""; a name may hold an @ of its own.

    Example:
        >>> split_server("NAME@http://host/v1")
        ('NAME', 'http://host/v1')
    """
    found = re.fullmatch(r"(?is)(.*?)@(http.*)", name)
    return (found[1], found[2]) if found else (name, "")


def check_spec(spec: str) -> None:
    """Refuse a spec that cannot be right. An address is never shown: it may hold a login.

    Raises:
        SpecError: what is wrong, and the valid forms.
    """
    provider, colon, rest = spec.strip().partition(":")
    if rest.startswith("//") or re.match("(?i)https?:", rest):
        raise SpecError(f"a URL alone does not say which model: {ON_SERVER}")
    if not colon or not provider:
        named = not colon and re.search(r"[-\d]", provider)  # as models are, not providers
        hint = f"Is it openai:{provider}? " if named else ""
        raise SpecError(f"unknown policy {spec!r}. {hint}{VALID}")
    if not rest and provider != "embedded":
        raise SpecError(f"policy {spec!r} names no model. {VALID}")
    if provider in IN_PROCESS:
        return
    name, url = split_server(rest)
    if not url:
        model, _, behind = name.partition("@")
        # Without http:// an address would pass for a part of the name, and prompt and key would go
        # to the provider. Names of OpenAI have no @; those of Vertex have a version behind one.
        if behind and (provider == "openai" or not re.fullmatch(VERSION, behind)):
            shown = f"{provider}:{model}@..."
            raise SpecError(
                f"policy {shown!r} does not say how to reach its server: http:// or https:// must "
                f"follow the @, as in {ON_SERVER}"
            )
        return
    shown = f"{provider}:{name}@..."
    if provider != "openai":
        raise SpecError(
            f"policy {shown!r}: @URL is for OpenAI-compatible servers: openai:{name}@http://HOST/v1"
        )
    if not name or server_address(url) is None:
        raise SpecError(
            f"policy {shown!r} needs a name and a host: {ON_SERVER}, with special characters "
            "percent-encoded"
        )
