"""Held-out rewards asked about the answers that are compared, each answer once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...core.conversation import to_messages
from ...core.errors import ConfigError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject
from ...core.login import without_login
from ...core.reference_mark import without_reference
from ...nodes.paid.run_models import GivenModels
from ...rewards.base import Reward
from ...rewards.planned_reward import PlannedReward, score_now
from ...rewards.resolve import RewardLike, resolve_reward
from ..batch.json_lines import GrowingFile, kept_lines
from ..batch.plan import BatchPlan
from ..batch.row_needs import needs_row
from ..batch.row_rewards import given_for
from .matching import Matched
from .reached import Reached

SCORES = "heldout.jsonl"
AT_ONCE = 16
LAMBDA = (lambda: None).__name__
Key = tuple[str, str, str]
"""Name of the reward, id of the row, and what differs between texts."""


def text_mark(text: str) -> str:
    """Return what differs between texts."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def reward_title(reward: RewardLike, nth: int) -> str:
    """Return what a held-out reward is called in figures."""
    if isinstance(reward, str):
        return without_reference(without_login(reward))
    return str(getattr(reward, "name", "") or getattr(reward, "__name__", "") or f"heldout {nth}")


def titles_of(rewards: Sequence[RewardLike]) -> list[str]:
    """Return what held-out rewards are called in figures.

    Raises:
        ConfigError: two are called the same.
    """
    titles = [reward_title(reward, n) for n, reward in enumerate(rewards, start=1)]
    if twice := {title for title in titles if titles.count(title) > 1}:
        raise ConfigError(
            f"two held-out rewards are called {twice.pop()!r}, so their figures would be one: "
            "leave one out, or give each a name of its own"
        )
    return titles


@dataclass
class AfterScores:
    """Scores that were asked for after the arms had run.

    Attributes:
        plan: What the arms have in common: the policy, and the column of verifiers.
        path: The file that keeps the scores.
        known: What was scored before.
    """

    plan: BatchPlan
    path: Path
    known: dict[Key, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what is known."""
        for line in kept_lines(self.path):
            # What failed is asked again; and a lambda may be another one than in the call before.
            if line["score"] is not None and line["reward"] != LAMBDA:
                self.known[line["reward"], line["id"], line["text"]] = line["score"]

    async def score(self, matched: Matched, rewards: Sequence[RewardLike]) -> Matched:
        """Return the rows with what the rewards say of each answer; the first is `heldout`.

        Raises:
            StoreError: the scores cannot be kept.
        """
        titles = titles_of(rewards)
        with closing(GrowingFile(self.path)) as file:
            gate = asyncio.Semaphore(AT_ONCE)
            for title, reward in zip(titles, rewards, strict=True):
                await asyncio.gather(
                    *(self.score_row(matched, id, title, reward, file, gate) for id in matched.ids)
                )
        return replace(matched, points=self.with_scores(matched, titles))

    async def score_row(
        self, matched: Matched, id: str, title: str, reward: RewardLike, file: GrowingFile,
        gate: asyncio.Semaphore,
    ) -> None:  # fmt: skip
        """Score the answers of all arms on one row, those that were not before."""
        given = matched.arms[0].results[id]
        texts = {matched.points[arm.name][id].candidate["text"] for arm in matched.arms}
        new = sorted(text for text in texts if (title, id, text_mark(text)) not in self.known)
        if not new:
            return
        async with gate:
            own = self.own_reward(reward, given["input"])
            scores = await score_now(own, as_meant(to_messages(given["messages"])), new)
        for text, score in zip(new, scores, strict=True):
            mark = text_mark(text)
            self.known[title, id, mark] = score["reward"]
            line = {"reward": title, "id": id, "text": mark, "score": score["reward"]}
            file.add({**line, "error": score["error"]})

    def own_reward(self, reward: RewardLike, row: JsonObject) -> Reward | PlannedReward:
        """Return a reward with what it needs of a row."""
        policy = self.plan.given.policy or self.plan.context.policy
        if not needs_row(reward):
            return resolve_reward(reward, policy=policy)
        own = given_for(
            GivenModels(reward=reward), self.plan.context, row, self.plan.verify_field
        ).reward
        assert own is not None
        return resolve_reward(own, policy=policy)

    def with_scores(
        self, matched: Matched, titles: Sequence[str]
    ) -> Mapping[str, Mapping[str, Reached]]:
        """Return what each arm had reached, with the scores."""
        return {
            name: {
                id: point.with_heldouts(
                    {t: self.known.get((t, id, text_mark(point.candidate["text"]))) for t in titles}
                )
                for id, point in points.items()
            }
            for name, points in matched.points.items()
        }
