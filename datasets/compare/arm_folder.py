"""An arm of a comparison: a finished batch folder, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ..batch.folder import read_results
from ..batch.json_lines import read_lines
from ..batch.metadata import read_metadata
from ..records import METADATA, POOLS, RESULTS, RowPool, RowResult

ARMS, FIRST = "arms", "first"
"""Folders in that of a comparison: one batch per arm, and the first samples that all share."""
AGAIN = f"without its line in {RESULTS}, the row runs again"


@dataclass(frozen=True)
class Arm:
    """What one arm answered.

    Attributes:
        name: What the comparison calls it.
        settings: What its rows were run with.
        results: What became of each row, by id.
        pools: All candidates of each row, by id.
        first: The pools of the shared first samples that it was given.
        verify_field: The column that its verifiers were given, or "".
    """

    name: str
    settings: JsonObject
    results: Mapping[str, RowResult]
    pools: Mapping[str, RowPool]
    first: Mapping[str, RowPool] = field(default_factory=dict)
    verify_field: str = ""

    def answered(self, id: str) -> bool:
        """Return whether it has an answer to a row."""
        row = self.results.get(id)
        return row is not None and row["error"] is None and row["answer"] is not None

    def lacks(self, id: str) -> str:
        """Return why it cannot be compared on a row, to follow its name; "" if it can."""
        row, pool = self.results.get(id), self.pools.get(id)
        if row is None:
            return "does not have it"
        if row["error"]:
            return f"failed: {row['error']['message']}"
        if not self.answered(id):
            return "has no answer"
        if pool is None:
            return f"has an answer and no pool ({POOLS} has lost the line; {AGAIN})"
        if not pool["candidates"]:
            return "has no answer"
        shared = any(candidate.get("drafted") for candidate in pool["candidates"])
        lost = shared and self.first and id not in self.first
        return f"had first samples whose cost is gone ({FIRST}/{POOLS} has lost it)" if lost else ""


def read_arm(name: str, folder: Path, first: Mapping[str, RowPool] | None = None) -> Arm:
    """Read an arm.

    Args:
        name: What the comparison calls it.
        folder: A batch folder.
        first: The pools of the shared first samples.

    Raises:
        InputError: the folder is not one of a batch.
        StoreError: it cannot be read.
    """
    if not (folder / RESULTS).exists():
        raise InputError(f"{folder} has no {RESULTS}: give the folder that tpo batch -o wrote")
    about = read_metadata(folder / METADATA) or {}
    results = {row["id"]: row for row in read_results(folder)}
    settings, column = about.get("settings", {}), about.get("verify_field", "")
    return Arm(name, settings, results, read_pools(folder), first or {}, column)


def read_pools(folder: Path) -> dict[str, RowPool]:
    """Return the pools of a batch folder by the ids of their rows; none if it has no such file."""
    return {pool["id"]: cast("RowPool", pool) for pool in read_lines(folder / POOLS)}


def arm_folders(given: Sequence[str | Path]) -> dict[str, Path]:
    """Return the folders of arms by their names.

    Args:
        given: Batch folders, each as `DIR` or `NAME=DIR`; or the folder of a comparison, whose
            arms are meant.

    Raises:
        InputError: two arms have the same name.
    """
    found: dict[str, Path] = {}
    for one in given:
        name, _, place = str(one).rpartition("=")
        path = Path(place).expanduser()
        inner = sorted(p for p in (path / ARMS).glob("*") if p.is_dir()) if not name else []
        for folder in inner or [path]:
            title = name or folder.resolve().name
            if title in found:
                raise InputError(f"two arms are called {title!r}: give one as NAME={folder}")
            found[title] = folder
    return found


def read_arms(given: Sequence[str | Path]) -> list[Arm]:
    """Read the arms of a comparison; they share first samples if a folder of them lies beside.

    Raises:
        InputError: there are fewer than two, or one is not a batch folder.
        StoreError: one cannot be read.
    """
    folders = arm_folders(given)
    if len(folders) < 2:
        raise InputError("a comparison needs two arms or more: give two batch folders")
    beside = {name: folder.parent.parent / FIRST for name, folder in folders.items()}
    first = {place: read_pools(place) for place in set(beside.values())}
    return [read_arm(name, folder, first[beside[name]]) for name, folder in folders.items()]
