"""A copy of a database that another process holds for itself and writes: read, never touched.

The rows under way are in a file that SQLite locks as a whole. It is copied as it is: first the
database, then its log of what is newer. The log is only ever added to until all of it has been
moved into the database; it then begins again under another header. So if the header is the same
before and after, whatever the copied database has half of is whole in the copied log.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import StoreError, evidence

TRIES = 50
HEADER = 32  # bytes of the log, with the numbers that differ each time it begins again


@contextmanager
def copied_database(path: Path) -> Iterator[Path]:
    """Copy a SQLite database for as long as it is read; nothing is written beside the original.

    Args:
        path: The database; if it is missing, so is the copy.

    Yields:
        The copy, in a folder that is the user's alone.

    Raises:
        StoreError: it cannot be read, or its log began again at each of many tries.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tpo-") as place:
            copy = Path(place) / path.name
            if not any(is_whole(path, copy) for _ in range(TRIES)):
                raise StoreError(f"{path} changed while it was read: give the command once more")
            yield copy
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {evidence(error)}") from None


def is_whole(path: Path, copy: Path) -> bool:
    """Copy database and log, and return whether they belong together."""
    log, begun = write_ahead_log(path), header_of(write_ahead_log(path))
    for original, copied in ((path, copy), (log, write_ahead_log(copy))):
        try:
            shutil.copyfile(original, copied)
        except FileNotFoundError:
            copied.unlink(missing_ok=True)
    return header_of(log) == begun


def write_ahead_log(path: Path) -> Path:
    """Return the write-ahead log of a database."""
    return path.with_name(f"{path.name}-wal")


def header_of(log: Path) -> bytes:
    """Return how a log begins; b"" if there is none."""
    try:
        with log.open("rb") as file:
            return file.read(HEADER)
    except FileNotFoundError:
        return b""
