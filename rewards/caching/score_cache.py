"""Where scores are kept: any LangGraph cache, by default an SQLite file of the user's own."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs
from langgraph.cache.base import BaseCache, FullKey
from langgraph.cache.memory import InMemoryCache

from ...core.errors import ConfigError, evidence
from ...core.private_files import private_file, private_folder

PLACE = ("tpo", "rewards")
FILE = "TPO_SCORE_CACHE"
AnyCache = BaseCache[Any]


@dataclass(frozen=True)
class ScoreCache:
    """What was paid for, by what it was asked about. One that fails keeps and knows nothing.

    Args:
        cache: Any LangGraph cache; its work is done in threads, not in the event loop.
        ttl: Seconds a score is kept; `None` is for ever.
    """

    cache: AnyCache
    ttl: int | None = None

    def __deepcopy__(self, memo: object) -> ScoreCache:
        """Return the same: copies share what is kept."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Begin with an empty cache in another process if this one is in memory."""
        in_memory = isinstance(self.cache, InMemoryCache)
        return _remade, (None if in_memory else self.cache, self.ttl)

    @staticmethod
    def key(*about: object) -> FullKey:
        """Return the key of a score that depends on these things (plain JSON) and no others."""
        return PLACE, hashlib.sha256(json.dumps(about, default=str).encode()).hexdigest()

    async def known(self, keys: Sequence[FullKey]) -> Mapping[FullKey, Any]:
        """Return what is kept under some of these keys."""
        with suppress(Exception):
            return await self.cache.aget(keys)
        return {}

    async def keep(self, values: Mapping[FullKey, object]) -> None:
        """Keep values (plain JSON)."""
        if values:
            with suppress(Exception):
                await self.cache.aset({key: (value, self.ttl) for key, value in values.items()})


def _remade(cache: AnyCache | None, ttl: int | None) -> ScoreCache:
    return ScoreCache(InMemoryCache() if cache is None else cache, ttl)


def default_cache() -> AnyCache:
    """Return the cache of `cached:`: the file TPO_SCORE_CACHE, else one in the user's cache folder.

    Only the environment says where: a spec may come from a form that strangers fill in.
    """
    named = os.environ.get(FILE, "").strip()
    return open_cache(named or platformdirs.user_cache_path("tpo", appauthor=False) / "scores.db")


def open_cache(path: str | os.PathLike[str]) -> AnyCache:
    """Open a file of scores, or make one that only its owner can read.

    A file is opened once per process; processes may share it.

    Raises:
        ConfigError: it cannot be opened, or is not an SQLite file.
    """
    return _opened(Path(path).expanduser().resolve())


@lru_cache(maxsize=16)
def _opened(path: Path) -> AnyCache:
    from .file_cache import FileCache

    try:
        private_folder(path.parent)
        private_file(path)
        return FileCache(path, open_cache)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(
            f"scores cannot be kept in {path}: name a file of your own in {FILE} "
            f"({evidence(error)})"
        ) from None
