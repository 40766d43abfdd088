"""What a kill left of the files of a folder is made whole."""

from __future__ import annotations

from pathlib import Path

from ..records import POOLS, RESULTS
from .json_lines import GrowingFile, count_lines, keep_lines, read_lines


def repair(path: Path, *, retry_failed: bool) -> None:
    """Leave the same rows in both files: those that were written whole.

    Args:
        path: The folder.
        retry_failed: Whether the rows that failed are taken out.
    """
    results, pools = path / RESULTS, path / POOLS
    for file in (results, pools):
        GrowingFile(file).close()
    failed = {row["id"] for row in read_lines(results) if row["error"]} if retry_failed else set()
    if failed:
        keep_lines(results, lambda row: row["id"] not in failed)
    if count_lines(pools) != count_lines(results):
        kept = {row["id"] for row in read_lines(results)}
        keep_lines(pools, lambda pool: pool["id"] in kept)
