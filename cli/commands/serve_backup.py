"""`tpo serve backup`: copies the data folder while a server uses it."""

from __future__ import annotations

from pathlib import Path

from ...core.number_format import count
from ...serving.guard.access_settings import AccessSettings
from ...serving.operations.backup import back_up
from ..console import say


def make_backup(data: Path | None, to: Path, keys_file: Path | None) -> int:
    """Copy the folder.

    Raises:
        ConfigError: there is nothing to copy, or something in the copy's place.
        StoreError: something cannot be read or written.
    """
    folder = AccessSettings(data=data).folder
    copies = back_up(folder, to.expanduser(), keys_file)
    size = sum(copy.stat().st_size for copy in copies)
    say(f"{count(len(copies), 'file')} of {folder}, {size:,} bytes, are in {to}")
    say(f"to start from the copy: tpo serve --data {to}")
    return 0
