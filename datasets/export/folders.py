"""Runs from the folders of batches and comparisons: every `pools.jsonl` in and below a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...core.conversation import to_messages
from ...core.errors import InputError, StoreError
from ...core.json_types import JsonObject
from ...core.message_json import plain_messages
from ...core.strict_json import parse_json
from ..compare.arm_folder import ARMS, FIRST
from ..records import METADATA, PARTS, POOLS, RESULTS
from .source import Source


def sources_in(folder: Path) -> Iterator[Source]:
    """Yield the runs of a batch, or of all arms of a comparison.

    Raises:
        InputError: there is no batch in the folder, or a line is not JSON.
        StoreError: a file cannot be read.
    """
    batches = sorted(p.parent for p in folder.rglob(POOLS) if p.parent.parent.name != PARTS)
    batches = [
        batch for batch in batches if (batch / RESULTS).exists() and not shared_samples(batch)
    ]
    if not batches:
        raise InputError(
            f"{folder} holds neither a batch nor a comparison: no {POOLS} beside a {RESULTS}"
        )
    for batch in batches:
        yield from sources_of_batch(batch)


def shared_samples(batch: Path) -> bool:
    """Return whether these are the first samples of a comparison, which its arms have too."""
    return batch.name == FIRST and (batch.parent / ARMS).is_dir()


def sources_of_batch(batch: Path) -> Iterator[Source]:
    """Yield the rows of a batch folder that have ended."""
    results = {row["id"]: row for row in whole_lines(batch / RESULTS)}
    metadata = batch / METADATA
    made_with: JsonObject = parse_json(metadata.read_bytes()) if metadata.exists() else {}
    versions = made_with.get("versions") or {}
    for pool in whole_lines(batch / POOLS):
        if row := results.get(pool["id"]):
            yield Source(
                id=str(row.get("thread_id") or pool["id"]),
                origin=f"{batch.name}/{pool['id']}",
                messages=plain_messages(to_messages(row["messages"])),
                candidates=pool["candidates"],
                rounds=pool["rounds"],
                gamed=row.get("stop_reason") == "overoptimised",
                settings=made_with.get("settings") or {},
                version=str(versions.get("tpo") or ""),
            )


def whole_lines(path: Path) -> Iterator[Any]:
    """Yield what the lines of a file hold; a last line that was cut off by a kill is passed over.

    Raises:
        InputError: another line is not JSON.
        StoreError: the file cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        try:
            yield parse_json(line)
        except ValueError as error:
            if line.endswith(b"\n"):
                raise InputError(f"{path}, line {number}: not JSON: {error}") from None
