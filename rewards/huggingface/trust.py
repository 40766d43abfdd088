"""Whose own code may run: `TPO_HF_TRUST=org/name@revision`, set by whoever runs the process.

A spec may come from a form that strangers fill in, so a spec cannot allow it.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...core.json_types import JsonObject
from .spec import HfSource

TRUST = "TPO_HF_TRUST"


def trusted_revision(source: HfSource) -> str | None:
    """Return the revision of a model whose code may run, "" for a folder, or `None` for no code.

    The variable holds one or more, separated by commas: a hub id with `@` and the revision that
    was read (best a commit: a branch may change), or the path of a folder. A spec with another
    `revision=` runs no code.

    Example:
        >>> trusted_revision(HfSource("org/reward-model")) is None
        True
    """
    for entry in filter(None, map(str.strip, os.environ.get(TRUST, "").split(","))):
        model, _, revision = entry.rpartition("@")
        if model == source.model and revision and source.revision in {"", revision}:
            return revision
        folder = Path(entry).expanduser()
        if folder.is_absolute() and folder == Path(source.model):
            return ""
    return None


def trust_of(source: HfSource) -> tuple[JsonObject, bool]:
    """Return how `from_pretrained` is told the revision and whether code may run, and the latter.

    Left open, transformers would ask at the terminal.
    """
    trusted = trusted_revision(source)
    revision = trusted or source.revision
    about: JsonObject = {"trust_remote_code": trusted is not None}
    if revision:
        about["revision"] = revision
    if trusted:
        about["code_revision"] = trusted
    return about, trusted is not None
