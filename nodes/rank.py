"""Step 2, rank: the reward scores the new candidates; best and worst of the pool are chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from langgraph.func import task
from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import RewardError, evidence
from ..core.events import Emitter
from ..core.pool import scored, summarise, unscored
from ..core.state import Candidate, State, merge_candidates
from ..core.usage import cost
from ..rewards.base import Reward, checked
from .durable import restore, usage_of
from .parts import Node, Parts

Result = dict[str, Any]  # turn, id, reward, error: what changes in a candidate's record


def rank_node(*, parts: Parts) -> Node:
    """Return the node that scores what is new and records the round."""

    async def rank(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context = parts.context(runtime)
        turn, now = state["turn"], state["round"]
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        reward = parts.reward_for(context)
        messages = read_conversation(state["messages"]).messages
        restored = await restore(state["candidates"])
        known = merge_candidates(state["candidates"], [restored])
        fresh = unscored(known, now)
        size = reward.batch_size or max(1, len(fresh))
        batches = [fresh[i : i + size] for i in range(0, len(fresh), size)]
        gate = asyncio.Semaphore(context.max_concurrency)
        # Behind a function: `tasks` streams and traces show arguments, a reward's keys too.
        calls = [request_rewards(lambda: reward, messages, b, gate, context, emit) for b in batches]
        results = await asyncio.gather(*calls, return_exceptions=True)
        scores = _gather(batches, results, emit)
        pool = merge_candidates(known, [scores])
        if not scored(pool):
            raise RewardError(_nothing_scored(reward, scores))
        record = summarise(pool, turn, now)
        emit("round", {"selected": record})
        return {
            "candidates": [*restored, *scores],
            "rounds": [record],
            "usage": usage_of(turn, "rank", cost(scores=len(fresh)), emit.seconds),
        }

    return rank


def _gather(
    batches: Sequence[Sequence[Candidate]], results: Sequence[Any], emit: Emitter
) -> list[Result]:
    """Join the batches; a call that failed leaves its candidates unscored, with the reason."""
    scores: list[Result] = []
    for batch, result in zip(batches, results, strict=True):
        if isinstance(result, asyncio.CancelledError):
            raise result
        if not isinstance(result, BaseException):
            scores += result
            continue
        for candidate in batch:
            why = evidence(str(result) if isinstance(result, RewardError) else result)
            error = f"unscored: {why}"
            scores.append({**_place(candidate), "reward": None, "error": error})
            emit("reward", {"candidate": candidate["id"], "reward": None, "error": error})
    return scores


def _place(candidate: Candidate) -> Result:
    return {"turn": candidate["turn"], "id": candidate["id"]}


def _nothing_scored(reward: Reward, results: Sequence[Result]) -> str:
    why = next((r["error"] for r in results if r["error"]), "no candidate to score")
    return (
        f"reward {reward.name!r} scored none of {len(results)} candidates ({why}). "
        "The candidates are kept; repair the reward and resume the run"
    )


@task
async def request_rewards(
    wanted: Callable[[], Reward],
    messages: Sequence[AnyMessage],
    batch: Sequence[Candidate],
    gate: asyncio.Semaphore,
    context: Context,
    emit: Emitter,
) -> list[Result]:
    """Score one batch; the scores are saved as the task's result.

    A batch without any score is a failed call, so that a resumed run asks again.
    """
    texts = [c["text"] for c in batch]
    limit = asyncio.timeout(context.timeout)
    try:
        async with gate, limit:
            scores = await checked(wanted(), messages, texts)
    except TimeoutError:
        if limit.expired():
            raise RewardError(f"no score within {context.timeout:g} s") from None
        raise
    if all(score["error"] for score in scores):
        raise RewardError(scores[0]["error"])
    results: list[Result] = []
    for candidate, score in zip(batch, scores, strict=True):
        error = f"unscored: {score['error']}" if score["error"] else None
        results.append({**_place(candidate), "reward": score["reward"], "error": error})
        emit("reward", {"candidate": candidate["id"], "reward": score["reward"], "error": error})
    return results
