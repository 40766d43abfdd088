"""A plain reward whose scores are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AnyMessage

from ...core.usage import Cost
from ..base import Reward, Score, checked, failed, sound
from ..planned_reward import Job, planned
from ..readiness import make_ready
from ..self_check import self_check
from .kept_score import from_kept, to_keep
from .score_cache import ScoreCache


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

    async def ready(self, job: Job) -> Cost:
        """Have the reward make sure of itself, if it can."""
        return await make_ready(planned(self.reward), job)

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score the answers, asking the reward only for those it never scored.

        Raises:
            Exception: what the reward raises, if no score was in the cache.
        """
        turns = [[m.type, m.content, getattr(m, "tool_calls", [])] for m in messages]
        keys = {text: self.store.key(self.identity, turns, text) for text in answers}
        kept = await self.store.known(list(keys.values()))
        read = {t: sound(self.name, from_kept(kept[key])) for t, key in keys.items() if key in kept}
        known = {text: score for text, score in read.items() if not score["error"]}
        missing = [text for text in keys if text not in known]
        try:
            fresh = await checked(self.reward, messages, missing) if missing else []
        except Exception as error:
            if not known:
                raise
            fresh = [failed(error)] * len(missing)
        found = dict(zip(missing, fresh, strict=True))
        await self.store.keep({keys[t]: to_keep(s) for t, s in found.items() if not s["error"]})
        return [known.get(text) or found[text] for text in answers]
