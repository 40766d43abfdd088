"""A lock on the folder of threads and runs: only one server may use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import StoreError
from ...core.private_files import private_file

try:
    import fcntl
except ImportError:  # pragma: no cover  Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder: a second server would run everything in it a second time.

    Raises:
        StoreError: another server uses it.
    """
    private_file(folder / "lock")
    with (folder / "lock").open("ab") as lock:
        if fcntl:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(
                    f"another server uses {folder}; give this one its own with --data"
                ) from None
        yield
