"""A batch folder, held by one process: a new one, or one that was begun with the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from ...core.errors import InputError, StoreError
from ...core.json_types import JsonObject
from ...core.private_files import private_folder
from ..records import METADATA, RESULTS
from .alone import alone_in
from .metadata import not_whole, read_metadata, require_same, timestamp, versions, write_metadata
from .postgres_address import shown_address
from .under_way import RUNS


@contextmanager
def held_folder(path: Path, made_with: JsonObject, checkpoints: str) -> Iterator[JsonObject]:
    """Make a folder if it is missing, and hold it; give what it was begun with.

    Args:
        path: The folder.
        made_with: What must be the same for it to go on.
        checkpoints: The address of a PostgreSQL database for the rows under way, or "".

    Raises:
        InputError: another process uses it, or it was begun with something else.
        StoreError: it cannot be written.
    """
    where = shown_address(checkpoints)
    try:
        private_folder(path)
    except FileExistsError as error:
        raise StoreError(f"{path} cannot be made: {error.filename} is a file") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from None
    with alone_in(path):
        yield begun(path, made_with, where)


def begun(path: Path, made_with: JsonObject, where: str) -> JsonObject:
    """Return what a folder was begun with, and note it in a new one.

    Args:
        path: The folder.
        made_with: What must be the same for it to go on.
        where: The address of a database for the rows under way, without its login.

    Raises:
        InputError: it is not a batch's, or another batch's.
        StoreError: what it was begun with cannot be read.
    """
    about = read_metadata(path / METADATA)
    if about is None:
        if (path / RESULTS).exists():
            raise InputError(
                f"{path} holds a {RESULTS} and no {METADATA}, which says what a batch was begun "
                "with: put that back, or take another folder"
            )
        about = {**made_with, "versions": versions(), "begun": timestamp(), "ended": None}
        about |= {"checkpoints": where, "batch": uuid4().hex} if where else {}
        write_metadata(path / METADATA, about)
    if not {"settings", "rows"} <= about.keys():
        raise not_whole(path / METADATA)
    require_same(about, made_with)
    if (before := about.get("checkpoints", "")) != where:
        raise InputError(
            f"the rows under way are in {before or path / RUNS}: "
            f"give {f'--checkpoints {before}' if before else 'no --checkpoints'}"
        )
    return about
