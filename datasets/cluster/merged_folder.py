"""The folder of a batch on a cluster: what its parts have written, in the files of any batch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ...core.json_types import JsonObject
from ..batch.folder import BatchFiles
from ..records import METADATA, PARTS, POOLS, RESULTS, RowPool, RowResult
from .parts import ROWS


@dataclass
class Merged(BatchFiles):
    """The files of the batch; its rows are under way in the parts."""

    _read: dict[Path, int] = field(default_factory=dict)

    def parts(self) -> list[Path]:
        """Return the folders of the parts that are there."""
        return sorted(path for path in (self.path / PARTS).glob("*") if path.is_dir())

    def take(self, part: Path) -> Iterator[RowResult]:
        """Write the rows that a part has ended since the last look, and yield them.

        Its pool is written before a row is, so it is there; unless a network folder shows the
        one and not yet the other: then the row waits for the next look.

        Raises:
            StoreError: the disk is full, say.
        """
        rows, end = lines_since(part / RESULTS, self._read.get(part, 0))
        new = [cast("RowResult", row) for row in rows if row["id"] not in self.ended]
        pools = {pool["id"]: pool for pool in lines_since(part / POOLS)[0]} if new else {}
        if all(row["id"] in pools for row in new):
            self._read[part] = end
        for row in new:
            if row["id"] in pools:
                self.write(row, cast("RowPool", pools[row["id"]]))
                yield row

    def forget_if_new(self) -> None:
        """Leave nothing of a batch that was refused before it began; its settings may change."""
        if not self.ended and not self.parts():
            for name in (METADATA, RESULTS, POOLS):
                (self.path / name).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Delete the parts whose rows all have an answer; nothing of them is needed again."""
        for part in self.parts():
            lines = lines_since(part / ROWS)[0]
            if all(self.ended.get(row["id"]) for row in lines):
                shutil.rmtree(part)
        if not self.parts():
            shutil.rmtree(self.path / PARTS, ignore_errors=True)


def lines_since(path: Path, start: int = 0) -> tuple[list[JsonObject], int]:
    """Return what a growing file holds from a place on, and where its last whole line ends."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            whole = file.read().rpartition(b"\n")
    except FileNotFoundError:
        return [], start
    lines = whole[0] + whole[1]
    return [json.loads(line) for line in lines.splitlines()], start + len(lines)
