"""A run belongs to one process at a time: going on with it twice would pay twice.

One byte of a lock file stands for a run. The system frees it when the process ends,
however it ends. Where there are no such locks (Windows), nothing is guarded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ...core.errors import InputError, StoreError
from ...core.private_files import private_file

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]


@contextmanager
def claim(path: Path, id: str) -> Iterator[None]:  # noqa: A002
    """Hold a run of the file `path`.

    Raises:
        InputError: another process holds it.
        StoreError: nothing can be written beside the file.
    """
    if fcntl is None:  # pragma: no cover
        yield
        return
    with _open_lock(path) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(id))
        except OSError:
            raise InputError(f"run {id} is being run by another process") from None
        yield  # closing the file lets go


def is_claimed(path: Path, id: str) -> bool:  # noqa: A002
    """Tell whether another process holds a run."""
    if fcntl is None or not _lock_file(path).exists():
        return False
    with _lock_file(path).open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _place(id))
        except OSError:
            return True
    return False


def _open_lock(path: Path) -> IO[bytes]:
    try:
        private_file(_lock_file(path))
        return _lock_file(path).open("ab")
    except OSError as error:
        raise StoreError(f"{_lock_file(path)} cannot be written: {error.strerror}") from None


def _lock_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _place(id: str) -> int:  # noqa: A002
    return zlib.crc32(id.encode())
