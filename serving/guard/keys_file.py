"""The file of keys: who has one; read again whenever it changes."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path

from pydantic import ValidationError

from ...core.errors import StoreError, evidence
from ...core.make_context import explain
from ...core.private_files import private_file, private_folder
from ...core.strict_json import parse_json
from .key_records import KeyRecord, KeyRecords

log = logging.getLogger("tpo.serving")


def read_keys(path: Path) -> list[KeyRecord]:
    """Return the people of the file; none if it is missing.

    Raises:
        StoreError: others can read it or change it, or it is not a file of keys.
    """
    try:
        with path.open("rb") as file:
            refuse_open_file(path, os.fstat(file.fileno()))
            raw = file.read()
        found = KeyRecords.model_validate(parse_json(raw)).keys
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"the keys file {path} cannot be read: {evidence(error)}") from None
    except ValidationError as error:
        raise StoreError(
            f"the keys file {path} is wrong: {explain(error, secret=('keys',))[:500]}"
        ) from None
    except ValueError as error:
        raise StoreError(f"the keys file {path} is not JSON: {evidence(error)}") from None
    return found


def refuse_open_file(path: Path, mode: os.stat_result) -> None:
    """Refuse a file that others can read, or could have written.

    Raises:
        StoreError: it is one.
    """
    if os.name == "nt":  # pragma: no cover  no such modes: the user's folder guards it
        return
    if mode.st_uid not in {os.geteuid(), 0}:
        raise StoreError(f"the keys file {path} belongs to another user")
    if stat.S_IMODE(mode.st_mode) & 0o077:
        raise StoreError(f"the keys file {path} is open to others: chmod 600 {path}")


def write_keys(path: Path, records: list[KeyRecord]) -> None:
    """Write the file, whole or not at all, for its owner alone.

    Raises:
        StoreError: it cannot be written.
    """
    beside = path.with_name(f"{path.name}.new")
    shown = [record.model_dump(exclude_defaults=True) for record in records]
    try:
        private_folder(path.parent)
        private_file(beside)
        beside.write_text(json.dumps({"keys": shown}, indent=2) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise StoreError(f"the keys file {path} cannot be written: {evidence(error)}") from None


class KeysFile:
    """The people of a file, read again when it changes.

    A file that became unreadable changes nothing, and the log says why. A file that was removed
    lets nobody in.

    Args:
        path: The file; it may appear later.

    Raises:
        StoreError: it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = self._stamp()
        self._records = read_keys(path)
        self.used = self._seen is not None

    @property
    def records(self) -> list[KeyRecord]:
        """The people, as the file has them now."""
        if (stamp := self._stamp()) != self._seen:
            self._seen, self.used = stamp, True
            try:
                self._records = read_keys(self.path)
            except StoreError as error:
                log.error("%s; the keys from before are still good", error)  # noqa: TRY400
        return self._records

    def _stamp(self) -> tuple[int, int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode
