"""Files that hold prompts and answers: readable by their owner alone, whoever made the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import StoreError

BESIDE_DATABASE = ("-wal", "-shm", "-journal")  # SQLite's; new ones take the database's mode


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone.

    A folder that exists is left as it is: it may be meant for others too. What is put into it
    is made by `private_file`.

    Raises:
        OSError: it cannot be made, or a file is in its place.
    """
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def private_file(path: Path) -> None:
    """Make a file that its owner alone can read, or make an existing one so.

    SQLite's files beside a database are made so too where they are left from before.

    Args:
        path: The file; its folder exists.

    Raises:
        PermissionError: it, or the link in its place, belongs to another user, who could read
            what is written.
        OSError: it cannot be made.
    """
    _close_to_others(path, os.O_CREAT)
    for ending in BESIDE_DATABASE:
        beside = path.with_name(path.name + ending)
        if os.path.lexists(beside):
            _close_to_others(beside, 0)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Give a file to write beside an old one, which stands until the new one is on the disk.

    Args:
        path: The file that the new one becomes; what was begun of it is removed if writing fails.

    Raises:
        StoreError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        private_file(new)
        yield new
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        new.unlink(missing_ok=True)


def _close_to_others(path: Path, create: int) -> None:
    if os.name == "nt":  # pragma: no cover  no such modes: the user's folder guards it
        path.touch()
        return
    link = path.is_symlink()
    if link and path.lstat().st_uid not in {os.geteuid(), 0}:
        raise _someone_elses(path)
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | create, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):  # a pipe, say
            raise OSError(f"{path} is not a plain file")
        if stat.S_IMODE(os.fstat(file).st_mode) & 0o077:
            os.fchmod(file, 0o600)
    except PermissionError:
        raise _someone_elses(path) from None
    finally:
        os.close(file)


def _someone_elses(path: Path) -> PermissionError:
    return PermissionError(
        f"{path} belongs to another user, who could read what is kept there: "
        "name a place of your own"
    )
