"""Step 2, rank: the reward scores the new candidates; best and worst of the pool are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import RewardError
from ..core.events import Emitter
from ..core.pool import by_id, scored, summarise, unscored
from ..core.state import Candidate, Round, State, merge_candidates
from ..rewards.plan import PlannedReward
from .paid.durable import restore, usage_of
from .paid.ranking import Ranking, Result, losses, rankable
from .paid.run_models import GivenModels, Node, RunModels


@dataclass(frozen=True)
class Judged:
    """What the round's scoring came to: by which reward, and what it said."""

    reward: PlannedReward
    degraded: bool
    results: list[Result]


def rank_node(*, given: GivenModels) -> Node:
    """Return the node that scores what is new and records the round."""

    async def rank(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        run = await given.for_run(runtime)
        turn, now = state["turn"], state["round"]
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        ranking = Ranking(run.context, read_conversation(state["messages"]).messages, emit)
        restored = await restore(state["candidates"])
        known = merge_candidates(state["candidates"], [restored])
        judged = await _judge(run, ranking, state, known)
        pool = merge_candidates(known, [judged.results])
        if not scored(pool):
            raise RewardError(_nothing_scored(judged))
        record = summarise(pool, turn, now, judged.reward.name)
        record["heldout"] = await _heldout(run, ranking, state, pool, record)
        emit("round", {"selected": record})
        return {
            "candidates": [*restored, *judged.results],
            "rounds": [record],
            "degraded": judged.degraded,
            "usage": usage_of(turn, "rank", ranking.cost, emit.seconds),
        }

    return rank


async def _judge(
    run: RunModels, ranking: Ranking, state: State, pool: Sequence[Candidate]
) -> Judged:
    """Score what the round needs; two scales are never mixed in one pool."""
    context, degraded = ranking.context, state.get("degraded", False)
    reward = run.ranking(degraded=degraded)
    role: Any = "fallback" if degraded else "reward"
    if before := _ranked_by_another(state, reward):
        said = f"the pool was ranked by {before!r}; all of it is scored anew by {reward.name!r}"
        ranking.emit("notice", {"message": said})
        results = await ranking.score_anew(reward, role, rankable(pool, vetoed=True))
    else:
        results = await ranking.score(reward, role, unscored(pool, state["round"]), pool)
    lost = losses(results)
    if lost and context.on_reward_failure == "raise":
        raise RewardError(
            f"reward {reward.name!r} failed for {_count(lost)}. "
            "The candidates are kept; repair the reward and resume the run"
        )
    if not lost or degraded or context.on_reward_failure != "degrade":
        return Judged(reward, degraded, results)
    fallback = run.ranking(degraded=True)
    ranking.emit("notice", {"message": _degradation(reward, fallback, lost)})
    again = rankable(merge_candidates(pool, [results]))
    anew = await ranking.score_anew(fallback, "fallback", again)
    ids = {result["id"] for result in anew}
    # What the reward vetoed stays out: the fallback knows nothing of its constraints.
    return Judged(fallback, True, [*(r for r in results if r["id"] not in ids), *anew])


def _ranked_by_another(state: State, reward: PlannedReward) -> str:
    """Return what ranked the rounds before, where a resumed run brings another reward."""
    mine = [r for r in state.get("rounds", []) if r["turn"] == state["turn"]]
    before = mine[-1].get("ranked_by", "") if mine else ""
    return before if before != reward.name else ""


async def _heldout(
    run: RunModels, ranking: Ranking, state: State, pool: Sequence[Candidate], record: Round
) -> float | None:
    """Score the chosen answer with the held-out reward; an unchanged one keeps its score."""
    heldout, chosen = run.heldout, by_id(pool, record["chosen"])
    if heldout is None or chosen is None:
        return None
    old = by_id(state["candidates"], chosen["id"])
    if old and old["reward"] is not None:  # else it is new, or was edited by hand
        for earlier in state.get("rounds", []):
            same = earlier["turn"] == record["turn"] and earlier["chosen"] == chosen["id"]
            if same and earlier["heldout"] is not None:
                return earlier["heldout"]
    return await ranking.heldout(heldout, chosen["text"])


def _count(lost: Sequence[str]) -> str:
    return f"{len(lost)} candidate{'s' * (len(lost) > 1)} ({lost[0]})"


def _degradation(reward: PlannedReward, fallback: PlannedReward, lost: Sequence[str]) -> str:
    said = (
        f"reward {reward.name!r} failed for {_count(lost)}; the whole pool is ranked by "
        f"{fallback.name!r} for the rest of the turn"
    )
    return f"{said}. {fallback.notice}" if fallback.notice else said


def _nothing_scored(judged: Judged) -> str:
    errors = [r["error"] for r in judged.results if r["error"]]
    why = errors[0] if errors else "no candidate to score"
    begin = f"reward {judged.reward.name!r} scored none of {len(judged.results)} candidates ({why})"
    if errors and not losses(judged.results):
        return f"{begin}. Every one was vetoed: ask for more (width), or relax the constraint"
    return f"{begin}. The candidates are kept; repair the reward and resume the run"
