"""What a kill left of the files of a folder is made whole."""

from __future__ import annotations

from pathlib import Path

from ..records import POOLS, RESULTS
from .json_lines import GrowingFile, count_lines, keep_lines, read_lines


def repair(path: Path, *, retry_failed: bool) -> None:
    """Leave no pool without its row.

    Args:
        path: The folder.
        retry_failed: Whether the rows that failed are taken out, and those that lack their pool.
    """
    results, pools = path / RESULTS, path / POOLS
    for file in (results, pools):
        GrowingFile(file).close()
    again = rows_without_pool(path) if retry_failed else set()
    again |= {row["id"] for row in read_lines(results) if row["error"]} if retry_failed else set()
    if again:
        keep_lines(results, lambda row: row["id"] not in again)
    if count_lines(pools) != count_lines(results):
        kept = {row["id"] for row in read_lines(results)}
        keep_lines(pools, lambda pool: pool["id"] in kept)


def rows_without_pool(path: Path) -> set[str]:
    """Return the rows that are written and lack their pool: somebody has cut its file.

    Each pool is written before its row is, so no kill leaves that.
    """
    if count_lines(path / POOLS) >= count_lines(path / RESULTS):
        return set()
    there = {pool["id"] for pool in read_lines(path / POOLS)}
    return {row["id"] for row in read_lines(path / RESULTS)} - there
