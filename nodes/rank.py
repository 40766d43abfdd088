"""Step 2, rank: the reward scores the new candidates; best and worst of the pool are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AnyMessage
from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import read_conversation
from ..core.errors import RewardError
from ..core.events import Emitter
from ..core.pool import by_id, reward_of, scored, summarise, unscored
from ..core.state import Candidate, Round, State, merge_candidates
from ..core.usage import Cost, add_costs, cost
from ..rewards.base import Score
from ..rewards.plan import Job, PlannedReward, Rated
from .durable import restore, usage_of
from .parts import Node, Parts
from .score import score_job

Result = dict[str, Any]  # turn, id, reward, error: what changes in a candidate's record


@dataclass
class Ranking:
    """One round's ranking under way (local to one node call)."""

    context: Context
    messages: Sequence[AnyMessage]
    emit: Emitter
    round: int
    cost: Cost

    async def score(
        self, reward: PlannedReward, fresh: Sequence[Candidate], pool: Sequence[Candidate]
    ) -> list[Result]:
        """Score candidates; a text that the pool or the round has already is not paid again."""
        known = {c["text"]: _score_of(c) for c in scored(pool)}
        texts = list(dict.fromkeys(c["text"] for c in fresh if c["text"] not in known))
        job = Job(self.messages, texts, [_rated(c) for c in scored(pool)])
        done = await score_job(reward, job, self.context, self._teller(fresh, texts))
        self.cost = add_costs(self.cost, done.cost)
        found = known | dict(zip(texts, done.scores, strict=True))
        for candidate in fresh:
            if candidate["text"] in known:
                self._tell(candidate, known[candidate["text"]])
        return [_result(c, found[c["text"]]) for c in fresh]

    def _teller(
        self, fresh: Sequence[Candidate], texts: Sequence[str]
    ) -> Callable[[int, Score], None]:
        def tell(place: int, score: Score) -> None:
            for candidate in fresh:
                if candidate["text"] == texts[place]:
                    self._tell(candidate, score)

        return tell

    def _tell(self, candidate: Candidate, score: Score) -> None:
        said = _result(candidate, score)
        about = {"candidate": candidate["id"], "reward": said["reward"], "error": said["error"]}
        self.emit("reward", about)


def rank_node(*, parts: Parts) -> Node:
    """Return the node that scores what is new and records the round."""

    async def rank(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context = parts.context(runtime)
        turn, now = state["turn"], state["round"]
        emit = Emitter(runtime.stream_writer, state["usage"], now)
        messages = read_conversation(state["messages"]).messages
        ranking = Ranking(context, messages, emit, now, cost())
        restored = await restore(state["candidates"])
        known = merge_candidates(state["candidates"], [restored])
        degraded = state.get("degraded", False)
        reward = parts.fallback_for(context) if degraded else parts.reward_for(context)
        scores = await ranking.score(reward, unscored(known, now), known)
        if (lost := _lost(scores)) and context.on_reward_failure == "raise":
            raise RewardError(f"reward {reward.name!r} failed for {_count(lost)}")
        if lost and context.on_reward_failure == "degrade" and not degraded:
            emit("notice", {"message": _degradation(reward, lost, context)})
            reward, degraded = parts.fallback_for(context), True
            scores = await _score_anew(ranking, reward, known)
        pool = merge_candidates(known, [scores])
        if not scored(pool):
            raise RewardError(_nothing_scored(reward, scores))
        record = summarise(pool, turn, now, reward.name)
        record["heldout"] = await _heldout(parts, ranking, state, pool, record)
        emit("round", {"selected": record})
        return {
            "candidates": [*restored, *scores],
            "rounds": [record],
            "degraded": degraded,
            "usage": usage_of(turn, "rank", ranking.cost, emit.seconds),
        }

    return rank


async def _score_anew(
    ranking: Ranking, reward: PlannedReward, pool: Sequence[Candidate]
) -> list[Result]:
    """Score the whole pool with another reward: two scales are never mixed."""
    usable = [c for c in pool if c["error"] is None or c["error"].startswith("unscored:")]
    return await ranking.score(reward, usable, [])


async def _heldout(
    parts: Parts, ranking: Ranking, state: State, pool: Sequence[Candidate], record: Round
) -> float | None:
    """Score the chosen answer with the held-out reward; an unchanged one keeps its score."""
    heldout = parts.heldout_for(ranking.context)
    chosen = by_id(pool, record["chosen"])
    if heldout is None or chosen is None:
        return None
    for earlier in state.get("rounds", []):
        same = earlier["turn"] == record["turn"] and earlier["chosen"] == chosen["id"]
        if same and earlier["heldout"] is not None:
            return earlier["heldout"]
    job = Job(ranking.messages, [chosen["text"]])
    done = await score_job(heldout, job, ranking.context, lambda place, score: None)  # noqa: ARG005
    ranking.cost = add_costs(ranking.cost, done.cost)
    if done.scores[0]["error"]:
        said = f"the held-out reward {heldout.name!r} failed: {done.scores[0]['error']}"
        ranking.emit("notice", {"message": said})
    return done.scores[0]["reward"]


def _result(candidate: Candidate, score: Score) -> Result:
    error = score["error"]
    if error and not error.startswith("vetoed"):
        error = f"unscored: {error}"
    place = {"turn": candidate["turn"], "id": candidate["id"]}
    parts = {"parts": score["parts"]} if "parts" in score else {}
    return {**place, "reward": score["reward"], "error": error, **parts}


def _score_of(candidate: Candidate) -> Score:
    score = Score(reward=candidate["reward"], error=None)
    if "parts" in candidate:
        score["parts"] = candidate["parts"]
    return score


def _rated(candidate: Candidate) -> Rated:
    return Rated(
        text=candidate["text"],
        round=candidate["round"],
        reward=reward_of(candidate),
        parts=candidate.get("parts", {}),
    )


def _lost(scores: Sequence[Result]) -> list[str]:
    """Return why scores failed; a veto is no failure."""
    return [s["error"] for s in scores if s["error"] and s["error"].startswith("unscored:")]


def _count(lost: Sequence[str]) -> str:
    return f"{len(lost)} candidates ({lost[0]})"


def _degradation(reward: PlannedReward, lost: Sequence[str], context: Context) -> str:
    return (
        f"reward {reward.name!r} failed for {_count(lost)}; the whole pool is ranked by "
        f"{context.fallback_reward!r} from here on"
    )


def _nothing_scored(reward: PlannedReward, scores: Sequence[Result]) -> str:
    why = next((s["error"] for s in scores if s["error"]), "no candidate to score")
    return (
        f"reward {reward.name!r} scored none of {len(scores)} candidates ({why}). "
        "The candidates are kept; repair the reward and resume the run"
    )
