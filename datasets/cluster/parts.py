"""The parts of a batch: rows that one actor runs, in a folder of their own that goes on anywhere.

Ray runs a block again when its node dies. The block names a part, and the part's folder is an
ordinary batch folder: what has ended there is skipped, and what was under way resumes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path

from ...core.errors import StoreError
from ...core.json_types import JsonObject
from ...core.private_files import private_folder, replaced_file
from ..batch.json_lines import read_lines
from ..records import PARTS
from ..rows.row import Row
from ..rows.row_file import Rows

ROWS = "rows.jsonl"
PARTS_PER_ACTOR = 4  # the last ones are short then, and all actors end at nearly the same time
MOST_ROWS = 256
WAVES = 4  # rows for each request in flight


@dataclass(frozen=True)
class PartRows(Rows):
    """The rows of a part, which were checked before it was cut."""

    found: tuple[Row, ...] = ()

    def __iter__(self) -> Iterator[Row]:
        return iter(self.found)


def rows_per_part(rows: int, actors: int, in_flight: int, parts: int = 0) -> int:
    """Return how many rows a part has.

    An actor runs one part at a time, and in the end of a part fewer requests are in flight; so a
    part is large beside their limit. Each actor has a few parts, if there are enough rows.

    Args:
        rows: How many there are.
        actors: How many run parts at the same time.
        in_flight: The limit of requests in flight of each.
        parts: How many parts there should be; 0: as many as fit.

    Example:
        >>> rows_per_part(1000, 2, 8), rows_per_part(64, 2, 8), rows_per_part(64, 2, 8, parts=3)
        (125, 32, 22)
    """
    if parts:
        return -(-rows // parts)
    busy = min(WAVES * in_flight, -(-rows // actors))
    return max(busy, min(MOST_ROWS, -(-rows // (PARTS_PER_ACTOR * actors))))


def cut_into_parts(rows: Iterable[Row], size: int) -> Iterator[tuple[int, list[Row]]]:
    """Yield the number of each part, and its rows."""
    left, number = iter(rows), 0
    while part := list(islice(left, size)):
        yield number, part
        number += 1


def part_folder(folder: Path, number: int) -> Path:
    """Return where a part is."""
    return folder / PARTS / f"{number:06d}"


def write_part(path: Path, rows: Iterable[Row]) -> None:
    """Write what a part is to run, if it is not there; a kill leaves all of it or nothing.

    Raises:
        StoreError: it cannot be written.
    """
    if (path / ROWS).exists():
        return
    try:
        private_folder(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
    with replaced_file(path / ROWS) as new, new.open("wb") as file:
        file.writelines(json.dumps(asdict(row)).encode() + b"\n" for row in rows)


def read_part(path: Path) -> PartRows:
    """Return the rows of a part."""
    found = tuple(row_from(given) for given in read_lines(path / ROWS))
    return PartRows(f"part {path.name}", lambda: iter(()), count=len(found), found=found)


def row_from(given: JsonObject) -> Row:
    """Return a row as it was before it was written."""
    tuples = {f.name: tuple(given[f.name]) for f in fields(Row) if isinstance(f.default, tuple)}
    return Row(**{**given, **tuples})
