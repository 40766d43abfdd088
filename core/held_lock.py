"""Whether a process holds the lock file of a folder; one that was killed holds it no more."""

from __future__ import annotations

from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover  Windows
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"


def is_own_file(path: Path) -> bool:
    """Return whether there is a file, and no link to elsewhere."""
    return path.is_file() and not path.is_symlink()


def is_held(folder: Path) -> bool:
    """Return whether a process is at work in a folder; nothing is written."""
    try:
        if not is_own_file(folder / LOCK):
            return False
        with (folder / LOCK).open("rb") as lock:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False
