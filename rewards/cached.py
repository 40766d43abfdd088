"""Scores kept across runs: an equal text in an equal conversation is paid once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AnyMessage
from langgraph.cache.base import BaseCache, FullKey

from ..core.errors import ConfigError, TPOError, evidence
from .base import Reward, Score, as_score, checked, scored, unscored

PLACE = ("tpo", "rewards")


@dataclass(frozen=True)
class CachedReward:
    """A reward that looks into a cache first and asks only for what is not there.

    Only finite scores are kept: what failed is asked again. A cache that fails costs what it
    would have saved, and nothing else. Runs that ask for the same text at the same moment may
    each pay for it.

    Args:
        reward: A plain reward. (Judges compare and see the pool; a run keeps what they said.)
        cache: Any LangGraph cache, shared between runs: `InMemoryCache()`,
            `SqliteCache(path="scores.db")`.
        identity: What the scores depend on beside conversation and text, such as the name
            and the version of a model. Default: the reward's name. Change it when the
            reward changes.
        ttl: Seconds a score is kept; `None` is for ever.

    Raises:
        ConfigError: not a plain reward, or one whose name does not tell it from others.

    Example:
        >>> from langgraph.cache.memory import InMemoryCache
        >>> from tpo.rewards.heuristic import HeuristicReward
        >>> CachedReward(HeuristicReward(), InMemoryCache()).name
        'heuristic'
    """

    reward: Reward
    cache: BaseCache[Any]
    identity: str = ""
    ttl: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.reward, Reward):
            raise ConfigError(
                f"{type(self.reward).__name__} is no plain reward: wrap a function in "
                "FunctionReward(...) first; cache the parts of a mix; a judge cannot be cached"
            )
        if not self.identity and "<" in self.reward.name:
            raise ConfigError(
                f"the name {self.reward.name!r} does not tell a reward from others: "
                "give CachedReward an identity"
            )

    @property
    def name(self) -> str:
        """The reward's name: the scores are the same."""
        return self.reward.name

    @property
    def batch_size(self) -> int | None:
        """The reward's batch size."""
        return self.reward.batch_size

    @property
    def notice(self) -> str:
        """The reward's notice."""
        return self.reward.notice

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score the answers, those of them that were never scored with the reward.

        Raises:
            Exception: what the reward raises, where no score was in the cache.
        """
        keys = {text: self._key(messages, text) for text in answers}
        known = await self._known(keys)
        missing = [text for text in keys if text not in known]
        try:
            fresh = await checked(self.reward, messages, missing) if missing else []
        except Exception as error:
            if not known:
                raise
            why = evidence(str(error) if isinstance(error, TPOError) else error)
            fresh = [unscored(why)] * len(missing)
        found = dict(zip(missing, fresh, strict=True))
        await self._keep({keys[text]: score for text, score in found.items()})
        return [known.get(text) or found[text] for text in answers]

    async def _known(self, keys: dict[str, FullKey]) -> dict[str, Score]:
        values: dict[FullKey, Any] = {}
        with suppress(Exception):
            values = await self.cache.aget(list(keys.values()))
        scores = {t: as_score(self.name, values[key]) for t, key in keys.items() if key in values}
        return {text: scored(s["reward"]) for text, s in scores.items() if s["reward"] is not None}

    async def _keep(self, scores: dict[FullKey, Score]) -> None:
        pairs = {k: (s["reward"], self.ttl) for k, s in scores.items() if s["reward"] is not None}
        if pairs:
            with suppress(Exception):
                await self.cache.aset(pairs)

    def _key(self, messages: Sequence[AnyMessage], text: str) -> FullKey:
        turns = [[m.type, m.content, getattr(m, "tool_calls", [])] for m in messages]
        about = json.dumps([self.identity or self.name, turns, text], default=str)
        return PLACE, hashlib.sha256(about.encode()).hexdigest()
