"""Step 2, rank: the reward scores the new candidates; best and worst of the pool are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.errors import RewardError
from ..core.events import Emitter
from ..core.json_types import JsonObject
from ..core.moves import needs_critique, plan_of
from ..core.nothing_ranked import REPAIR, why_nothing_ranked
from ..core.number_format import count
from ..core.planning.round_plan import next_plan
from ..core.pool import by_id, losses, rankable, summarise, with_reward, without_reward
from ..core.state import Candidate, Round, State, merge_candidates
from ..core.usage import add_usage, usage_of
from ..core.vetoes import mendable
from ..models.failures.caused_by import caused_by
from ..rewards.heldout_sample import heldout_samples
from .paid.run_models import GivenModels, Node, Update
from .paid.score_round import Ranking, begin_ranking, waits


def rank_node(*, given: GivenModels) -> Node:
    """Return the node that scores what is new and records the round."""

    async def rank(state: State, runtime: Runtime[Context]) -> Update:
        run = await given.for_run(runtime)
        turn, now = state["turn"], state["round"]
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        ranking = await begin_ranking(state, run, emit)
        ranked = await _rank(ranking, state)
        pool = merge_candidates(ranking.pool, [ranked])
        record = summarise(pool, turn, now, ranking.reward.name)
        await complete(ranking, state, pool, record)
        rounds: list[JsonObject] = [{**record}]
        if not waits(run.context):
            known: State = {**state, "candidates": pool}
            await heldout_samples(known, rounds, run.context, ranking.heldout, emit.notice)
        usage = usage_of(turn, "rank", ranking.cost, emit.seconds)
        kept = {"degraded": ranking.degraded, "usage": usage}
        return {"candidates": [*ranking.restored, *ranked], "rounds": rounds, **kept}

    return rank


async def complete(
    ranking: Ranking, state: State, pool: Sequence[Candidate], record: Round
) -> None:
    """Add the held-out score, and the next round's plan in a run that plans; send the record."""
    context, now = ranking.run.context, record["round"]
    if context.mode == "adaptive" and now < context.rounds:
        record["plan"] = next_plan(pool, record["turn"], now, context)
    record["heldout"] = await _heldout(ranking, state, pool, record)
    if ranking.nothing.criteria:
        record["criteria"] = ranking.nothing.criteria
    ranking.emit("round", {"selected": record})
    if "plan" in record:
        ranking.emit("plan", {"plan": record["plan"]})


async def _rank(ranking: Ranking, state: State) -> list[Candidate]:
    """Score what the round needs, so that at least one answer can be ranked.

    Raises:
        RewardError: there is none, or one could not be scored and that is to end the run.
    """
    try:
        ranked = await _score_new(ranking, state)
        ranked = await ranking.rate_leader(ranked)
        refuse_nothing(ranking, ranked)
    except RewardError as error:
        paid = usage_of(state["turn"], "rank", ranking.cost, ranking.emit.seconds)
        error.partial = {"usage": add_usage(state["usage"], paid)}
        caused_by(error, ranking.error)
        raise
    return ranked


async def _score_new(ranking: Ranking, state: State) -> list[Candidate]:
    """Score what the round needs; two scales are never mixed in one pool."""
    pool, reward, on_failure = ranking.pool, ranking.reward, ranking.run.context.on_reward_failure
    earlier = [r for r in state.get("rounds", []) if r["turn"] == state["turn"]]
    before = earlier[-1].get("ranked_by", "") if earlier else ""
    if before and before != reward.name:  # resumed with another reward
        message = f"the pool was ranked by {before!r}; all of it is scored again by {reward.name!r}"
        ranking.emit.notice(message)
        ranked = await ranking.score_again(rankable(pool, vetoed=True))
    else:
        ranked = await ranking.score(without_reward(pool, state["round"]), pool)
    lost = losses(ranked)
    if lost and on_failure == "raise":
        failed = f"reward {reward.name!r} failed for {count(len(lost), 'candidate')} ({lost[0]})"
        raise RewardError(f"{failed}. {REPAIR}")
    if not lost or ranking.degraded or on_failure != "degrade":
        return ranked
    ranking.degraded = True
    message = (
        f"reward {reward.name!r} failed for {count(len(lost), 'candidate')} ({lost[0]}); the whole "
        f"pool is ranked by {ranking.reward.name!r} for the rest of the turn"
    )
    notice = ranking.reward.notice
    ranking.emit.notice(f"{message}. {notice}" if notice else message)
    again = await ranking.score_again(rankable(merge_candidates(pool, [ranked])))
    ids = {candidate["id"] for candidate in again}
    # What the reward vetoed stays out: the fallback knows nothing of its constraints.
    return [*(c for c in ranked if c["id"] not in ids), *again]


async def _heldout(
    ranking: Ranking, state: State, pool: Sequence[Candidate], record: Round
) -> float | None:
    """Score the chosen answer with the held-out reward; an unchanged one keeps its score."""
    if (chosen := by_id(pool, record["chosen"])) is None or chosen["reward"] is None:
        return None
    old = by_id(state["candidates"], chosen["id"])
    if old and old["reward"] is not None:  # else it is new, or was edited by hand
        for earlier in state.get("rounds", []):
            same = earlier["turn"] == record["turn"] and earlier["chosen"] == chosen["id"]
            if same and earlier["heldout"] is not None:
                return earlier["heldout"]
    context = ranking.run.context
    plan = plan_of(record, context.mode, context.width)
    late = waits(context) and needs_critique(plan)  # the critique is what it is made beside
    return None if late else (await ranking.heldout([chosen["text"]]))[0]


def refuse_nothing(ranking: Ranking, ranked: Sequence[Candidate]) -> None:
    """Refuse to go on if not one answer has a reward."""
    pool, context = merge_candidates(ranking.pool, [ranked]), ranking.run.context
    if not with_reward(pool) and not mendable(pool, context.rounds):
        over = None if ranking.nothing.budget.seconds else context
        raise RewardError(why_nothing_ranked(pool, ranked, ranking.reward.name, over))
