"""A lock on a batch folder: one process at a time. The system frees it when the process ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import InputError, StoreError
from ...core.held_lock import LOCK
from ...core.private_files import private_file

try:
    import fcntl
except ImportError:  # pragma: no cover  Windows
    fcntl = None  # type: ignore[assignment]


class FolderInUseError(InputError):
    """Another process runs the batch in the folder."""


@contextmanager
def alone_in(path: Path) -> Iterator[None]:
    """Hold the folder: two processes would pay for everything twice.

    Raises:
        FolderInUseError: another process uses it.
        StoreError: it cannot be written.
    """
    try:
        private_file(path / LOCK)
        lock = (path / LOCK).open("ab")
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
    with lock:
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise FolderInUseError(f"another process is running the batch in {path}") from None
        yield
