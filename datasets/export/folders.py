"""Runs from the folders of batches and comparisons: every `pools.jsonl` in and below a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...core.conversation import to_messages
from ...core.errors import InputError
from ...core.message_json import plain_messages
from ..batch.json_lines import read_lines
from ..batch.metadata import read_metadata
from ..compare.arm_folder import ARMS, FIRST
from ..records import METADATA, POOLS, RESULTS
from .source import Source


def sources_in(folder: Path) -> Iterator[Source]:
    """Yield the runs of a batch, or of all arms of a comparison.

    Raises:
        InputError: there is no batch in the folder.
        StoreError: a file cannot be read, or a line is not JSON.
    """
    batches = sorted(path.parent for path in folder.rglob(POOLS))
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
    results = {row["id"]: row for row in read_lines(batch / RESULTS)}
    made_with = read_metadata(batch / METADATA) or {}
    versions = made_with.get("versions") or {}
    for pool in read_lines(batch / POOLS):
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
