"""A file of scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from langgraph.cache.sqlite import SqliteCache

Opener = Callable[[Path], object]


class FileCache(SqliteCache[object]):
    """LangGraph's cache in an SQLite file; a copy, in another process too, opens the same file.

    Args:
        path: The file.
        opened: Opens it, once per process.
    """

    def __init__(self, path: Path, opened: Opener) -> None:
        super().__init__(path=str(path))
        self.path, self.opened = path, opened

    def __reduce__(self) -> tuple[Opener, tuple[Path]]:
        """Have copies open the file."""
        return self.opened, (self.path,)
