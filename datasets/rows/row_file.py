"""Rows from a file, from stdin, or from a caller: checked once, then read as often as needed."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO

from ...core.errors import InputError, evidence
from .csv_rows import csv_rows
from .json_rows import Numbered, json_lines, json_list
from .parquet_rows import parquet_rows
from .row import PROMPTS, Row, RowReader

STDIN = "-"
READERS: dict[str, Callable[[IO[bytes]], Numbered]] = {
    ".csv": csv_rows,
    ".tsv": partial(csv_rows, delimiter="\t"),
    ".parquet": parquet_rows,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
}
LOOK = 4096  # bytes that tell a format


@dataclass(frozen=True)
class Rows:
    """Rows that were checked.

    Attributes:
        place: What messages call the source.
        numbered: Begins to read: yields the line of each row, and what is there.
        count: How many there are.
        digest: Differs with every row.
    """

    place: str
    numbered: Callable[[], Numbered]
    count: int = 0
    digest: str = ""

    def __iter__(self) -> Iterator[Row]:
        reader = RowReader()
        numbered = self.numbered()
        while True:
            try:
                line, given = next(numbered)
            except StopIteration:
                return
            except InputError as error:
                raise InputError(f"{self.place}, {error}") from None
            try:
                row = reader.row(given)
            except InputError as error:
                raise InputError(f"{self.place}, line {line}: {error}") from None
            yield row

    def checked(self) -> Rows:
        """Return the same after reading all of it.

        Raises:
            InputError: there are no rows, or one cannot be answered; the message names its line.
        """
        count, digest = 0, hashlib.sha256()
        for row in self:
            count += 1
            text = json.dumps([row.id, row.input], sort_keys=True, default=str)
            digest.update(text.encode())
        if not count:
            raise InputError(
                f"{self.place} has no rows: give one object per line, with one of the columns "
                f"{', '.join(PROMPTS)}"
            )
        return Rows(self.place, self.numbered, count, digest.hexdigest())


def rows_of(given: str | Path | Iterable[object]) -> Rows:
    """Return the rows of a file, or those that a caller gives as objects or bare prompts.

    Args:
        given: A path (JSON lines, a JSON list, CSV, TSV or Parquet; `-` is stdin), or the rows:
            mappings with their columns, lists of messages, or texts.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    if isinstance(given, str | Path):
        if str(given) == STDIN:
            source = getattr(sys.stdin, "buffer", None) or BytesIO(sys.stdin.read().encode())
            return Rows("stdin", partial(read_numbered, copied(source)))
        return Rows(str(given), partial(read_numbered, readable(Path(given).expanduser())))
    listed = list(given)
    return Rows("the rows", lambda: iter(enumerate(listed, start=1)))


def readable(path: Path) -> Path | IO[bytes]:
    """Return a file that can be read twice: a pipe is copied.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return path if path.is_file() else copied(file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def copied(source: IO[bytes]) -> IO[bytes]:
    """Return a copy without a name of what can be read once."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115  the rows are read from it until the end
    shutil.copyfileobj(source, copy)
    return copy


def read_numbered(source: Path | IO[bytes]) -> Numbered:
    """Yield the line of each row of a file, and the row.

    Raises:
        InputError: it cannot be read.
    """
    name = source.suffix.lower() if isinstance(source, Path) else ""
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        file.seek(0)
        beginning = file.read(LOOK)
        file.seek(0)
        try:
            yield from reader_for(name, beginning)(file)
        except OSError as error:
            raise InputError(f"reading failed: {evidence(error)}") from None


def reader_for(ending: str, beginning: bytes) -> Callable[[IO[bytes]], Numbered]:
    """Return what reads a file, by the ending of its name, else by its first bytes."""
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith(b"PAR1"):
        return parquet_rows
    if ending in READERS:
        return READERS[ending]
    if start.startswith(b"["):
        return json_list
    return json_lines if start.startswith(b"{") or ending == ".json" or not start else csv_rows
