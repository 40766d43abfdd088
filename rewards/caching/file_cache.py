"""A file of scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from langgraph.cache.sqlite import SqliteCache


class FileCache(SqliteCache[Any]):
    """LangGraph's cache in an SQLite file; a copy, in another process too, opens the same file.

    Args:
        path: The file.
        opened: Opens it, once per process.
    """

    def __init__(self, path: Path, opened: Callable[[Path], Any]) -> None:
        super().__init__(path=str(path))
        self.path, self.opened = path, opened

    def __reduce__(self) -> tuple[Callable[[Path], Any], tuple[Path]]:
        """Have copies open the file."""
        return self.opened, (self.path,)
