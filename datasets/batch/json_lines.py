"""A file of JSON lines that grows, and is whole after every line, however the process ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from ...core.errors import StoreError, evidence
from ...core.json_types import JsonObject
from ...core.private_files import private_file, private_folder, replaced_file

BLOCK = 65_536


class GrowingFile:
    """JSON lines that are added one at a time; each is on the disk when `add` returns.

    Args:
        path: The file; made if it is missing. A last line that was cut off by a kill is dropped.

    Raises:
        StoreError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._broken = path, False
        try:
            private_file(path)
            drop_torn_line(path)
            self._file = path.open("ab")
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from None

    def add(self, record: Mapping[str, object]) -> None:
        """Write a line.

        Raises:
            StoreError: the disk is full, say.
        """
        line = json_line(record)
        if self._broken:
            raise StoreError(f"{self.path} could not be written before")
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._broken = True  # a line after half of one would be lost with it
            raise StoreError(f"{self.path} cannot be written: {evidence(error)}") from None

    def close(self) -> None:
        """Close it; what could not be written has been told."""
        with suppress(OSError) if self._broken else nullcontext():
            self._file.close()


def json_line(record: Mapping[str, object]) -> bytes:
    """Return a record as a line."""
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def read_lines(path: Path) -> Iterator[Any]:
    """Yield what each line of a file holds; a missing file has none.

    A last line that was cut off is passed over: a kill left it, or it is being written just now.

    Raises:
        StoreError: another line is not JSON, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    if line.endswith(b"\n"):
                        why = f"not JSON: {error}; was it edited?"
                        raise StoreError(f"{path}, line {number}: {why}") from None
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None


def kept_lines(path: Path) -> Iterator[Any]:
    """Yield what a file holds whose last line a kill may have cut off; it is made if missing.

    Raises:
        StoreError: it cannot be used.
    """
    private_folder(path.parent)
    GrowingFile(path).close()
    yield from read_lines(path)


def count_lines(path: Path) -> int:
    """Return how many lines a file has."""
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(BLOCK), b""))


def drop_torn_line(path: Path) -> None:
    """Cut off what follows the last end of a line."""
    with path.open("r+b") as file:
        end = place = file.seek(0, os.SEEK_END)
        while place:
            place = max(0, place - BLOCK)
            file.seek(place)
            found = file.read(min(BLOCK, end - place)).rfind(b"\n")
            if found >= 0:
                file.truncate(place + found + 1)
                return
        file.truncate(0)


def keep_lines(path: Path, keep: Callable[[JsonObject], bool]) -> None:
    """Leave only some lines in a file; the old file stands until the new one is whole."""
    with replaced_file(path) as new, new.open("wb") as file:
        for record in read_lines(path):
            if keep(record):
                file.write(json_line(record))
