"""Runs from the folders of batches and comparisons: every `pools.jsonl` in and below a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...core.conversation import to_messages
from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.message_json import plain_messages
from ..batch.folder import read_results
from ..batch.json_lines import read_lines
from ..batch.metadata import read_metadata
from ..compare.arm_folder import ARMS, FIRST
from ..records import METADATA, PARTS, POOLS, RESULTS, RowPool, RowResult, TurnPool
from .source import Source


def sources_in(folder: Path) -> Iterator[Source]:
    """Yield the runs of a batch, or of all arms of a comparison.

    Raises:
        InputError: there is no batch in the folder.
        StoreError: a file cannot be read, or a line is not JSON.
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
    """Yield the searches of a batch folder that have ended; of several turns, each is one."""
    results = {row["id"]: row for row in read_results(batch)}
    made_with = read_metadata(batch / METADATA) or {}
    versions = made_with.get("versions") or {}
    for pool in read_lines(batch / POOLS):
        if (row := results.get(pool["id"])) is None:
            continue
        for place, messages, search, reason in searches_of(row, pool):
            yield Source(
                id=str(row.get("thread_id") or pool["id"]),
                origin=f"{batch.name}/{place}",
                messages=plain_messages(to_messages(messages)),
                candidates=search["candidates"],
                rounds=search["rounds"],
                gamed=reason == "overoptimised",
                settings={**(made_with.get("settings") or {}), **row.get("settings", {})},
                version=str(versions.get("tpo") or ""),
            )


def searches_of(
    row: RowResult, pool: RowPool
) -> Iterator[tuple[str, list[JsonObject], TurnPool, str | None]]:
    """Yield each search of a row: what it is called, what was asked, its pool, why it stopped."""
    earlier, turns = pool.get("earlier", []), row.get("turns", [])
    for number, search in enumerate(earlier):
        later = 2 * (len(earlier) - number)  # an answer and a question for each turn after it
        place = f"{row['id']}, turn {number + 1}"
        yield place, row["messages"][:-later], search, turns[number]["stop_reason"]
    yield row["id"], row["messages"], pool, row.get("stop_reason")
