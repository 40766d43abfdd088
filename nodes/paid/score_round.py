"""One round's scoring: which answers are new, which are known, and what each scored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from langchain_core.messages import AnyMessage

from ...core import usage
from ...core.conversation import read_conversation
from ...core.events import Emitter
from ...core.failure import failure_of
from ...core.pool import of_round, with_reward
from ...core.repeated_texts import repetition
from ...core.state import NO_SCORE, Candidate, Score, State, merge_candidates
from ...core.stopping import spent
from ...core.usage import Cost, add_costs
from ...models.budget import Budget, budget_left
from ...models.failures.caused_by import to_tell
from ...rewards.planned_reward import Called, Job, PlannedReward, score_job
from ...rewards.remarks import hearing
from .durable import restore
from .run_models import RunModels
from .saved_score import Role, saved_call


@dataclass
class Ranking:
    """One round's ranking (local to one node call).

    Attributes:
        run: The run's rewards and settings.
        messages: The conversation.
        emit: Sends events.
        pool: The candidates before this ranking.
        restored: Those of them whose texts a crash had parted from the pool.
        degraded: Whether the fallback ranks, because the reward has failed.
        budget: What the step may still cost.
        cost: What was paid so far.
        error: The failure of a call, if one failed; if any, one for too many requests.
    """

    run: RunModels
    messages: Sequence[AnyMessage]
    emit: Emitter
    pool: Sequence[Candidate]
    restored: Sequence[Candidate]
    degraded: bool
    budget: Budget
    cost: Cost = field(default_factory=usage.cost)
    error: Exception | None = None

    @property
    def reward(self) -> PlannedReward:
        """What ranks."""
        return self.run.ranking(degraded=self.degraded)

    async def score(self, fresh: Sequence[Candidate], pool: Sequence[Candidate]) -> list[Candidate]:
        """Score candidates; a text that the pool or the round has already is not paid again.

        Returns:
            What changes in the records of `fresh`.
        """
        ranked = with_reward(pool)
        vetoed = [c for c in pool if failure_of(c) == "vetoed"]
        known: dict[str, Candidate] = {
            c["text"]: {**c, "failure": failure_of(c)} for c in [*ranked, *vetoed]
        }
        texts = list(dict.fromkeys(c["text"] for c in fresh if c["text"] not in known))
        shown: set[str] = set()

        def tell(text: str, score: Score) -> None:
            for candidate in fresh:
                if candidate["text"] == text and candidate["id"] not in shown:
                    shown.add(candidate["id"])
                    fields = {k: v for k, v in _changed(candidate, score).items() if k in NO_SCORE}
                    self.emit("reward", {"candidate": candidate["id"], **fields})

        job = Job(self.messages, texts, ranked, self.budget, self.run.context)
        role: Role = "fallback" if self.degraded else "reward"
        scores = await self._pay(self.reward, role, job, lambda i, score: tell(texts[i], score))
        found: dict[str, Score] = {**known, **dict(zip(texts, scores, strict=True))}
        for candidate in fresh:
            tell(candidate["text"], found[candidate["text"]])
        return [_changed(c, found[c["text"]]) for c in fresh]

    async def score_again(self, pool: Sequence[Candidate]) -> list[Candidate]:
        """Score a whole pool as if the reward had ranked from the first round.

        Returns:
            What changes in its records.
        """
        fresh: list[Candidate] = [
            {**c, "reward": None, "error": None, "failure": None} for c in pool
        ]
        changed: list[Candidate] = []
        for nth in sorted({c["round"] for c in fresh}):
            mine = [c for c in fresh if c["round"] == nth]
            changed += await self.score(mine, merge_candidates(fresh, [changed]))
        return changed

    async def heldout(self, texts: Sequence[str]) -> list[float | None]:
        """Score answers without steering; failures are one notice and no more."""
        if (reward := self.run.heldout) is None:
            return [None for _ in texts]
        job = Job(self.messages, texts, (), self.budget, self.run.context)
        scores = await self._pay(reward, "heldout", job, lambda *_: None)
        if why := next((score["error"] for score in scores if score["error"]), None):
            self.emit.notice(f"the held-out reward {reward.name!r} failed: {why}")
        return [score["reward"] for score in scores]

    async def _pay(
        self,
        reward: PlannedReward,
        role: Role,
        job: Job,
        settle: Callable[[int, Score], None],
    ) -> list[Score]:
        """Score a job with calls that are saved, and add what they cost.

        `settle` is called with an answer's place and score once the score is final.
        """
        gate = asyncio.Semaphore(self.run.context.max_concurrency)

        async def ask(call: object) -> Called:
            try:
                done = await saved_call(reward, job, call, role, gate, self.run.context.timeout)
            except Exception as error:
                self.cost = add_costs(self.cost, getattr(error, "cost", usage.cost()))
                self.error = to_tell(self.error, error)
                raise
            self.cost = add_costs(self.cost, usage.cost(**done["cost"]))
            for place, score in reward.settled(job, call, done["result"]):
                settle(place, score)
            return done

        with hearing(self.emit.notice):
            scores = await score_job(reward, job, ask)
        self.cost = add_costs(self.cost, usage.cost(scores=len(job.answers)))
        return scores


async def begin_ranking(state: State, run: RunModels, emit: Emitter) -> Ranking:
    """Return the ranking of the round that the state has come to."""
    restored = await restore(state["candidates"])
    pool = merge_candidates(state["candidates"], [restored])
    if sentence := repetition(of_round(pool, state["round"])):
        emit("notice", {"message": sentence})
    return Ranking(
        run,
        read_conversation(state["messages"]).messages,
        emit,
        pool=pool,
        restored=restored,
        degraded=state.get("degraded", False),
        budget=budget_left(run.context, spent(state)),
    )


def rankable(pool: Sequence[Candidate], *, vetoed: bool = False) -> list[Candidate]:
    """Return the candidates that a reward can be asked about: those with an answer.

    Args:
        pool: Candidates.
        vetoed: Whether those that another reward has vetoed are among them.
    """
    kinds = {None, "unscored", "vetoed"} if vetoed else {None, "unscored"}
    return [c for c in pool if failure_of(c) in kinds]


def losses(ranked: Sequence[Candidate]) -> list[str]:
    """Return why answers could not be scored; a veto is not a failure of the reward."""
    return [str(c["error"]) for c in ranked if failure_of(c) == "unscored"]


def _changed(candidate: Candidate, score: Score) -> Candidate:
    """Return what a score changes in a candidate's record; nothing of an older score stays."""
    place = {"turn": candidate["turn"], "id": candidate["id"]}
    older = {name: value for name, value in NO_SCORE.items() if name in candidate}
    newer = {name: value for name, value in score.items() if name in NO_SCORE}
    new = {**place, **older, "failure": None, **newer}
    if score["error"] and score.get("failure") != "vetoed":
        new |= {"error": f"unscored: {score['error']}", "failure": "unscored"}
    return cast("Candidate", new)
