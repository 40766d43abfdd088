"""One round's scoring under way: what is new, what is known, what a reward said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AnyMessage

from ...core import usage
from ...core.context import Context
from ...core.events import Emitter
from ...core.pool import reward_of, scored
from ...core.state import Candidate, merge_candidates
from ...core.usage import Cost, add_costs
from ...rewards.base import Score
from ...rewards.plan import Job, PlannedReward, Rated
from .scoring import Role, score_job

Result = dict[str, Any]  # turn, id, reward, error: what changes in a candidate's record
LOST, VETOED = "unscored:", "vetoed"


@dataclass
class Ranking:
    """One round's ranking (local to one node call)."""

    context: Context
    messages: Sequence[AnyMessage]
    emit: Emitter
    cost: Cost = field(default_factory=usage.cost)

    async def score(
        self,
        reward: PlannedReward,
        role: Role,
        fresh: Sequence[Candidate],
        pool: Sequence[Candidate],
    ) -> list[Result]:
        """Score candidates; a text that the pool or the round has already is not paid again."""
        known = {c["text"]: _score_of(c) for c in pool if _is_settled(c)}
        texts = list(dict.fromkeys(c["text"] for c in fresh if c["text"] not in known))
        job = Job(self.messages, texts, [_rated(c) for c in scored(pool)])
        done = await score_job(reward, job, self.context, self._teller(fresh, texts), role)
        self.cost = add_costs(self.cost, done.cost)
        for candidate in fresh:
            if candidate["text"] in known:
                self._tell(candidate, known[candidate["text"]])
        found = known | dict(zip(texts, done.scores, strict=True))
        return [_result(c, found[c["text"]]) for c in fresh]

    async def score_anew(
        self, reward: PlannedReward, role: Role, pool: Sequence[Candidate]
    ) -> list[Result]:
        """Score a whole pool with another reward, as if it had ranked from the first round."""
        fresh = [Candidate(**{**c, "reward": None, "error": None}) for c in pool]
        results: list[Result] = []
        for nth in sorted({c["round"] for c in fresh}):
            mine = [c for c in fresh if c["round"] == nth]
            results += await self.score(reward, role, mine, merge_candidates(fresh, [results]))
        return results

    async def heldout(self, reward: PlannedReward, text: str) -> float | None:
        """Score one answer without steering; a failure is a notice and no more."""
        job = Job(self.messages, [text])
        done = await score_job(reward, job, self.context, _tell_nobody, "heldout")
        self.cost = add_costs(self.cost, done.cost)
        if why := done.scores[0]["error"]:
            self.emit("notice", {"message": f"the held-out reward {reward.name!r} failed: {why}"})
        return done.scores[0]["reward"]

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


def rankable(pool: Sequence[Candidate], *, vetoed: bool = False) -> list[Candidate]:
    """Return the candidates that a reward can be asked about: those with an answer.

    Args:
        pool: Candidates.
        vetoed: Whether those that another reward has vetoed are among them.
    """
    reasons = (LOST, VETOED) if vetoed else (LOST,)
    return [c for c in pool if c["error"] is None or c["error"].startswith(reasons)]


def losses(results: Sequence[Result]) -> list[str]:
    """Return why scores failed; a veto is no failure."""
    return [r["error"] for r in results if r["error"] and r["error"].startswith(LOST)]


def _is_settled(candidate: Candidate) -> bool:
    return bool(scored([candidate])) or (candidate["error"] or "").startswith(VETOED)


def _tell_nobody(place: int, score: Score) -> None:
    pass


def _result(candidate: Candidate, score: Score) -> Result:
    error = score["error"]
    if error and not error.startswith(VETOED):
        error = f"{LOST} {error}"
    result = {"turn": candidate["turn"], "id": candidate["id"], "reward": score["reward"]}
    if "parts" in score or "parts" in candidate:  # another reward's parts are not kept
        result["parts"] = score.get("parts", {})
    return {**result, "error": error}


def _score_of(candidate: Candidate) -> Score:
    score = Score(reward=candidate["reward"], error=candidate["error"])
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
