"""Scores kept across runs: what was paid once is not paid again.

Only what succeeded is kept: a failure is asked again. A cache that fails costs what it would
have saved, and nothing else. Runs that ask the same at the same moment may each pay for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic

from langchain_core.messages import AnyMessage
from langgraph.cache.base import BaseCache

from ...core.errors import ConfigError
from ...models.policy import model_name
from ...prompts.judge import JUDGE_SYSTEM
from ..base import Reward, Score, checked, failed, scored, sound
from ..function import FunctionReward, OwnReward, as_reward
from ..judging.language_judge import LanguageJudge
from ..mixing.mix import Mix
from ..plan import Called, CallT, Job, PlannedReward, ResultT, planned, self_check
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
            Default: the reward's name. Change it when the reward changes. A mix has none:
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
        return CachedJudge(reward, store, identity or reward.name)
    return CachedReward(reward, store, identity or reward.name)


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


@dataclass(frozen=True)
class CachedReward:
    """A plain reward whose scores are kept; made by `cached`."""

    reward: Reward
    store: ScoreCache
    identity: str

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

    async def probe(self) -> str:
        """Have the reward look at its own scores, if it can."""
        return await self_check(planned(self.reward))

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score the answers, asking the reward only for those it never scored.

        Raises:
            Exception: what the reward raises, if no score was in the cache.
        """
        turns = [[m.type, m.content, getattr(m, "tool_calls", [])] for m in messages]
        keys = {text: self.store.key(self.identity, turns, text) for text in answers}
        kept = await self.store.known(list(keys.values()))
        read = {t: sound(self.name, scored(kept[key])) for t, key in keys.items() if key in kept}
        known = {text: score for text, score in read.items() if not score["error"]}
        missing = [text for text in keys if text not in known]
        try:
            fresh = await checked(self.reward, messages, missing) if missing else []
        except Exception as error:
            if not known:
                raise
            fresh = [failed(error)] * len(missing)
        found = dict(zip(missing, fresh, strict=True))
        numbers = {keys[t]: s["reward"] for t, s in found.items() if s["reward"] is not None}
        await self.store.keep(numbers)
        return [known.get(text) or found[text] for text in answers]


@dataclass(frozen=True)
class CachedJudge(Generic[CallT, ResultT]):
    """A judge whose verdicts are kept; made by `cached`. Ratings are computed from them again."""

    judge: LanguageJudge[CallT, ResultT]
    store: ScoreCache
    identity: str

    @property
    def name(self) -> str:
        """The judge's name: the verdicts are the same."""
        return self.judge.name

    @property
    def notice(self) -> str:
        """The judge's notice."""
        return self.judge.notice

    @property
    def relative(self) -> bool:
        """Whether the judge compares."""
        return self.judge.relative

    def plan(self, job: Job) -> list[CallT]:
        """Return the judge's calls."""
        return self.judge.plan(job)

    async def call(self, job: Job, call: CallT) -> Called[ResultT]:
        """Look the verdict up, or ask for it."""
        question = self.judge.question(job, call)
        key = self.store.key(self.identity, JUDGE_SYSTEM.text, question)
        known = await self.store.known([key])
        if key in known:
            return Called(result=known[key], cost={})
        done = await self.judge.call(job, call)
        await self.store.keep({key: done["result"]})
        return done

    def settled(self, job: Job, call: CallT, result: ResultT) -> list[tuple[int, Score]]:
        """Return what the judge says is final."""
        return self.judge.settled(job, call, result)

    def combine(
        self, job: Job, calls: Sequence[CallT], results: Sequence[ResultT | Exception]
    ) -> list[Score]:
        """Have the judge make ratings of its verdicts."""
        return self.judge.combine(job, calls, results)
