"""Scores kept across runs: what was paid once is not paid again.

Only what succeeded is kept: a failure is asked again. A cache that fails costs what it would
have saved, and nothing else. Runs that ask the same at the same moment may each pay for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from langgraph.cache.base import BaseCache

from ...core.errors import ConfigError
from ...models.policy import model_name
from ..base import Reward
from ..function import FunctionReward, OwnReward, as_reward
from ..judging.language_judge import LanguageJudge
from ..mixing.mix import Mix
from ..planned_reward import PlannedReward
from .cached_judge import CachedJudge
from .cached_reward import CachedReward
from .identity import kept_identity, server_of
from .score_cache import AnyCache, ScoreCache, default_cache, open_cache


def cached(
    reward: OwnReward,
    cache: AnyCache | str | os.PathLike[str],
    *,
    identity: str = "",
    ttl: int | None = None,
) -> Reward | PlannedReward:
    """Return a reward that looks into a cache first and asks only for what is not there.

    A plain reward's scores are kept by identity, conversation and text; a judge's verdicts by
    identity and the request it is sent. Of a mix, each part's are (but for mere functions), so
    that another weight costs nothing.

    Args:
        reward: An object, or a function (which needs an identity).
        cache: An SQLite file (made if missing), or any LangGraph cache.
        identity: What the scores depend on beside that, such as the version of a model.
            Default: the reward's name, the address of a judge's server, and what is in the file
            of a schema or a chat template. Change it when the reward changes. A mix has none:
            its parts have their names.
        ttl: Seconds a score is kept; `None` is for ever.

    Raises:
        ConfigError: the name does not tell the reward from others; it is not a reward that can
            be kept; the file cannot be used.

    Example:
        >>> from langgraph.cache.memory import InMemoryCache
        >>> def brief(query: str, answer: str) -> float:
        ...     return -len(answer)
        >>> cached(brief, InMemoryCache(), identity="brief, version 1").name
        'brief'
    """
    reward = as_reward(reward)
    store = ScoreCache(cache if isinstance(cache, BaseCache) else open_cache(cache), ttl)
    if isinstance(reward, Mix) and not identity:
        parts = [replace(part, reward=_kept(part.reward, store)) for part in reward.parts]
        return replace(
            reward, parts=parts, constraints=[_kept(c, store) for c in reward.constraints]
        )
    if isinstance(reward, CachedReward | CachedJudge):
        return reward
    if not isinstance(reward, Reward | LanguageJudge):
        raise ConfigError(
            f"what {type(reward).__name__} says cannot be kept: give a plain reward, a judge, or "
            "a mix without an identity"
        )
    if not identity and not _tells_itself(reward):
        raise ConfigError(
            f"the name {reward.name!r} does not tell a reward from others: give it an identity"
        )
    if isinstance(reward, LanguageJudge):
        return CachedJudge(
            reward, store, identity or f"{reward.name} {server_of(reward.model)}".strip()
        )
    return CachedReward(reward, store, identity or kept_identity(reward))


def cached_from_spec(
    rest: str, resolve: Callable[[str], Reward | PlannedReward]
) -> Reward | PlannedReward:
    """Return the reward that `cached:REWARD` names, with the cache of this machine's user.

    Args:
        rest: The spec of the reward.
        resolve: Turns it into a reward.
    """
    return cached(resolve(rest), default_cache())


def _kept(part: OwnReward, store: ScoreCache) -> Reward | PlannedReward:
    """Return a part of a mix with its scores kept; a mere function is called again."""
    reward = as_reward(part)
    mere = isinstance(reward, FunctionReward) and not reward.title
    return reward if mere else cached(reward, store.cache, ttl=store.ttl)


def _tells_itself(reward: Reward | LanguageJudge) -> bool:
    """Return whether no other reward is likely to have this one's name."""
    if isinstance(reward, FunctionReward):
        return bool(reward.title)
    if isinstance(reward, LanguageJudge):  # an object may tell nothing but its class
        return model_name(reward.model) != type(reward.model).__name__
    return "<" not in reward.name
