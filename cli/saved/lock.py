"""A lock on a run: two processes that continue it at once would pay twice.

One byte of a lock file stands for a run. The system frees it when the process ends,
however it ends. On Windows, which has no such locks, nothing is guarded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import InputError, StoreError
from ...core.private_files import private_file

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(path: Path, run_id: str) -> Iterator[None]:
    """Lock a run of the file `path`.

    Raises:
        InputError: another process has locked it.
        StoreError: the lock file cannot be written.
    """
    if fcntl is None:  # pragma: no cover
        yield
        return
    lock = _lock_file(path)
    try:
        private_file(lock)
        file = lock.open("ab")
    except OSError as error:
        raise StoreError(f"{lock} cannot be written: {error.strerror}") from None
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(run_id))
        except OSError:
            raise InputError(f"another process is running {run_id}") from None
        yield  # closing the file unlocks it


def is_locked(path: Path, run_id: str) -> bool:
    """Return whether another process has locked a run."""
    if fcntl is None or not _lock_file(path).exists():
        return False
    with _lock_file(path).open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _place(run_id))
        except OSError:
            return True
    return False


def _lock_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _place(run_id: str) -> int:
    return zlib.crc32(run_id.encode())
