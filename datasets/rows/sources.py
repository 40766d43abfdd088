"""Where rows come from: files of every usual kind, and pipes, which are copied."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO

from ...core.errors import InputError, evidence
from .csv_rows import csv_rows
from .json_rows import Numbered, json_list, lines_of_json
from .parquet_rows import parquet_rows

READERS: dict[str, Callable[[IO[bytes]], Numbered]] = {
    ".csv": csv_rows,
    ".tsv": partial(csv_rows, delimiter="\t"),
    ".parquet": parquet_rows,
    ".jsonl": lines_of_json,
    ".ndjson": lines_of_json,
}
LOOK = 4096  # bytes that tell a format


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
    return lines_of_json if start.startswith(b"{") or ending == ".json" or not start else csv_rows
