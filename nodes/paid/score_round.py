"""One round's scoring: which answers are new, which are known, and what each scored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...core import usage
from ...core.early import Early
from ...core.events import Emitter
from ...core.pool import of_round, score_event, scored_texts, with_reward, with_score
from ...core.repeated_texts import repetition
from ...core.state import Candidate, Score, State, merge_candidates
from ...core.stopping import spent
from ...core.usage import Cost, add_costs
from ...models.budget import budget_left
from ...models.failures.caused_by import error_of, to_tell
from ...rewards.marked_call import StepCalls, job_of
from ...rewards.planned_reward import Job, PlannedReward
from ...rewards.remarks import hearing
from ...rewards.second_ratings import Rate, rated_again
from .durable import left_behind, restore
from .early_scores import early_cost, found_early
from .held_out import both, held_out_scores, measured, together, waits
from .run_models import RunModels
from .saved_score import Role, saved_scores

__all__ = ["both", "measured", "together", "waits"]  # from behind this door, for the steps


@dataclass
class Ranking:
    """One round's ranking (local to one node call).

    Attributes:
        run: The run's rewards and settings.
        nothing: The round, without answers: what the step may still cost, and the like.
        emit: Sends events.
        pool: The candidates before this ranking.
        restored: Those of them whose texts a crash had parted from the pool.
        degraded: Whether the fallback ranks, because the reward has failed.
        early: What was scored before the round was ranked.
        step: What its calls share.
        cost: What was paid so far.
        error: The failure of a call, if one failed; if any, one for too many requests.
    """

    run: RunModels
    nothing: Job
    emit: Emitter
    pool: Sequence[Candidate]
    restored: Sequence[Candidate]
    degraded: bool
    early: Early
    step: StepCalls
    cost: Cost
    error: Exception | None = None

    @property
    def reward(self) -> PlannedReward:
        """What ranks."""
        return self.run.ranking(degraded=self.degraded)

    async def score(self, fresh: Sequence[Candidate], pool: Sequence[Candidate]) -> list[Candidate]:
        """Score candidates and return what changes in their records.

        A text that the pool or the round has already is not paid again.
        """
        known = scored_texts(pool)
        texts = list(dict.fromkeys(c["text"] for c in fresh if c["text"] not in known))
        role: Role = "fallback" if self.degraded else "reward"
        early = found_early(self.early, self.run, role, self.reward, texts)
        shown = {c["id"] for c in fresh if c["text"] in early and self.early["run"] == self.run.key}

        def tell(text: str, score: Score) -> None:
            for candidate in fresh:
                if candidate["text"] == text and candidate["id"] not in shown:
                    shown.add(candidate["id"])
                    self.emit("reward", score_event(candidate, score))

        texts = [text for text in texts if text not in early]
        job = replace(self.nothing, answers=texts, pool=with_reward(pool))
        tells = (self.emit.notice, self.pay, lambda i, score: tell(texts[i], score))
        scores = await saved_scores(self.reward, role, job, *tells, fail=self.fail, step=self.step)
        self.pay(usage.cost(scores=len(early)))
        found: dict[str, Score] = {**known, **early, **dict(zip(texts, scores, strict=True))}
        for candidate in fresh:
            tell(candidate["text"], found[candidate["text"]])
        return [with_score(c, found[c["text"]]) for c in fresh]

    async def score_again(self, pool: Sequence[Candidate]) -> list[Candidate]:
        """Score a whole pool as if the reward had ranked from the first round; return changes."""
        new: list[Candidate] = [{**c, "reward": None, "error": None, "failure": None} for c in pool]
        changed: list[Candidate] = []
        for nth in sorted({c["round"] for c in new}):
            mine = [c for c in new if c["round"] == nth]
            changed += await self.score(mine, merge_candidates(new, [changed]))
        return changed

    async def heldout(self, texts: Sequence[str]) -> list[float | None]:
        """Score answers without steering."""
        if (reward := self.run.heldout) is None:
            return [None for _ in texts]
        job = replace(self.nothing, answers=texts)
        return await held_out_scores(reward, job, self.emit, self.pay, self.step)

    async def rate_leader(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        """Have whoever leads rated again; return all that has changed in the records."""
        tells = (self.emit.notice, self.pay, lambda *_: None)
        rate: Rate = lambda one, what, job: saved_scores(one, what, job, *tells, step=self.step)  # noqa: E731
        pool, now = merge_candidates(self.pool, [ranked]), self.emit.round
        with hearing(self.emit.notice):
            rated = await rated_again(pool, self.reward, self.nothing, now, self.run.heldout, rate)
        for candidate in rated:
            self.emit("reward", score_event(candidate, candidate))
        return [*ranked, *rated]

    def pay(self, paid: Cost) -> None:
        """Add what was paid."""
        self.cost = add_costs(self.cost, paid)

    def fail(self, error: Exception) -> None:
        """Keep a failure of a call, to tell of it if nothing can be ranked."""
        self.error = to_tell(self.error, error)


async def begin_ranking(state: State, run: RunModels, emit: Emitter) -> Ranking:
    """Return the ranking of the round that the state has come to."""
    restored = await restore(state["candidates"])
    pool = merge_candidates(state["candidates"], [restored])
    if sentence := repetition(of_round(pool, state["round"])):
        emit("notice", {"message": sentence})
    early = state.get("early") or Early(run="", scores=[])
    paid = early_cost(early)
    left = (await left_behind()).results if early["run"] not in ("", run.key) else {}
    return Ranking(
        run,
        job_of(state, budget_left(run.context, add_costs(spent(state), paid)), run.context),
        emit,
        pool=pool,
        restored=restored,
        degraded=state.get("degraded", False),
        early=early,
        step=StepCalls(asyncio.Semaphore(run.context.max_concurrency), left),
        error=error_of(early["scores"] if early["run"] == run.key else ()),
        cost=paid,
    )
