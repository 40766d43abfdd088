"""A copy of the data folder, made while a server uses it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ...core.errors import ConfigError, StoreError, evidence
from ...core.private_files import BESIDE_DATABASE, private_file, private_folder
from .probe_file import PROBE

# Runs first: a run whose checkpoints are newer goes on from them; the other way round its end
# would be missing.
FIRST = "runs.db"
NOT_COPIED = ("lock",)  # of the server at work


def back_up(data: Path, to: Path, keys_file: Path | None = None) -> list[Path]:
    """Copy a data folder, and return the files of the copy; only their owner can read them.

    Databases are copied by SQLite's online backup: each as it is at one moment, and checked.

    Args:
        data: The folder; a server may be using it.
        to: The folder of the copy; it is made, and must be empty if it is there.
        keys_file: The file of keys, if it is elsewhere.

    Raises:
        ConfigError: there is no such folder, or the copy's is not empty.
        StoreError: something cannot be read or written; nothing is left of the copy.
    """
    if not (data / FIRST).is_file():
        raise ConfigError(f"{data} is not a data folder of tpo serve: there is no {FIRST} in it")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError(f"{to} is not empty: give a new folder with --to")
    if to.resolve().is_relative_to(data.resolve()):
        raise ConfigError(f"{to} is inside {data}: give a folder elsewhere with --to")
    made = to if not to.exists() else None
    try:
        private_folder(to)
        return _copied(data, to, keys_file)
    except (OSError, sqlite3.Error) as error:
        _remove(to, made)
        raise StoreError(f"{data} could not be copied to {to}: {evidence(error)}") from None


def _copied(data: Path, to: Path, keys_file: Path | None) -> list[Path]:
    # A linked file is on another disk, say: the server uses it, so it is copied as well.
    files = [path for path in data.rglob("*") if path.is_file() and is_kept(path)]
    files.sort(key=lambda path: (path != data / FIRST, path))
    copies = list[Path]()
    for path in files:
        try:
            copies.append(copy_of(path, to / path.relative_to(data)))
        except FileNotFoundError:
            if path.exists():
                raise
            (to / path.relative_to(data)).unlink(missing_ok=True)  # the server has removed it
    if keys_file and not keys_file.resolve().is_relative_to(data.resolve()):
        copies.append(copy_of(keys_file, to / "keys.json"))
    return copies


def is_kept(path: Path) -> bool:
    """Return whether a file belongs in the copy; what SQLite keeps beside a database does not."""
    passing = path.name in NOT_COPIED or path.name.startswith(PROBE)
    return not (passing or path.name.endswith(BESIDE_DATABASE))


def copy_of(path: Path, to: Path) -> Path:
    """Copy one file, for its owner alone.

    Raises:
        OSError: it cannot be read or written.
        sqlite3.Error: it is a damaged database.
    """
    private_folder(to.parent)
    private_file(to)
    if path.suffix != ".db":
        shutil.copyfile(path, to)
        return to
    source = f"file:{quote(str(path.resolve()))}?mode=ro"
    with (
        closing(sqlite3.connect(source, uri=True, timeout=30)) as old,
        closing(sqlite3.connect(to)) as new,
    ):
        old.backup(new)
        if (said := new.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(f"{path.name} is damaged: {said}")
    return to


def _remove(to: Path, made: Path | None) -> None:
    if made:
        shutil.rmtree(made, ignore_errors=True)
        return
    for path in to.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
