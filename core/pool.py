"""The pool: every candidate of a turn, and who is best and worst in it.

As in the paper, chosen and rejected come from the whole pool, not from the last
round, and the earliest wins a tie (section 3; reference behaviour kept).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import cast

from .diversity import variety
from .failure import failure_of
from .json_types import JsonObject
from .state import NO_SCORE, Candidate, Round, Score, State
from .vetoes import contrast_with_vetoed
from .written_criterion import WrittenCriterion


def with_reward(pool: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that can be the answer: usable and with a finite reward."""
    return [c for c in pool if c["error"] is None and c["reward"] is not None]


def best_first(pool: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates with a reward, the best first; of equals the earlier one."""
    return sorted(with_reward(pool), key=reward_of, reverse=True)


def to_choose_from(pool: Sequence[Candidate], now: Round) -> list[Candidate]:
    """Return what a person may choose among: what has a reward, and what the round names."""
    ranked = best_first(pool)
    named = [c for c in pool if c["id"] in (now["chosen"], now["rejected"])]
    return [*ranked, *(c for c in named if c not in ranked)]


def without_reward(pool: Sequence[Candidate], round: int) -> list[Candidate]:
    """Return the round's usable candidates that have no reward yet."""
    return [c for c in pool if c["round"] == round and c["error"] is None and c["reward"] is None]


def rankable(pool: Sequence[Candidate], *, vetoed: bool = False) -> list[Candidate]:
    """Return the candidates that a reward can be asked about: those with an answer.

    Those that another reward has vetoed are among them if `vetoed` is true.
    """
    kinds = {None, "unscored", "vetoed"} if vetoed else {None, "unscored"}
    return [c for c in pool if failure_of(c) in kinds]


def losses(ranked: Sequence[Score]) -> list[str]:
    """Return why answers could not be scored; a veto is not a failure of the reward."""
    return [str(c["error"]) for c in ranked if failure_of(c) == "unscored"]


def scored_texts(pool: Sequence[Candidate]) -> dict[str, Candidate]:
    """Return the candidates that a reward has scored or vetoed, by their texts."""
    vetoed = [c for c in pool if failure_of(c) == "vetoed"]
    ranked = [*with_reward(pool), *vetoed]
    return {c["text"]: {**c, "failure": failure_of(c)} for c in ranked}


def with_score(candidate: Candidate, score: Score) -> Candidate:
    """Return what a score changes in a candidate's record; nothing of an older score stays."""
    place = {"turn": candidate["turn"], "id": candidate["id"]}
    older = {name: value for name, value in NO_SCORE.items() if name in candidate}
    newer = {name: value for name, value in score.items() if name in NO_SCORE}
    new = {**place, **older, "failure": None, **newer}
    if score["error"] and score.get("failure") != "vetoed":
        new |= {"error": f"unscored: {score['error']}", "failure": "unscored"}
    return cast("Candidate", new)


def score_event(candidate: Candidate, score: Score) -> JsonObject:
    """Return the fields of a `tpo.reward` event."""
    fields = {k: v for k, v in with_score(candidate, score).items() if k in NO_SCORE}
    return {"candidate": candidate["id"], **fields}


def criteria_of(state: State) -> dict[str, list[WrittenCriterion]]:
    """Return what rewards had written in this turn to check its answers for, by their names."""
    mine = [r for r in state.get("rounds", []) if r["turn"] == state["turn"]]
    return dict(mine[-1].get("criteria", {})) if mine else {}


def of_round(pool: Sequence[Candidate], round: int) -> list[Candidate]:
    """Return the candidates of one round."""
    return [c for c in pool if c["round"] == round]


def by_id(pool: Sequence[Candidate], id: str | None) -> Candidate | None:
    """Return the candidate called `id`, or `None`."""
    return next((c for c in pool if c["id"] == id), None)


def reward_of(candidate: Candidate) -> float:
    """Return the reward of a scored candidate."""
    reward = candidate["reward"]
    assert reward is not None  # callers pass what `with_reward` returned
    return reward


def best(pool: Sequence[Candidate]) -> Candidate | None:
    """Return the scored candidate with the highest reward, the earliest on a tie."""
    return max(with_reward(pool), key=reward_of, default=None)


def contrast(pool: Sequence[Candidate]) -> tuple[Candidate | None, Candidate | None]:
    """Return chosen and rejected: the pool's best, and its worst with another text.

    Rejected is `None` if there is nothing to contrast: an answer is never held
    against itself or its copy.
    """
    chosen = best(pool)
    return chosen, chosen and opposite(pool, chosen)


def opposite(pool: Sequence[Candidate], chosen: Candidate) -> Candidate | None:
    """Return the pool's worst with another text than `chosen`, or `None`."""
    others = [c for c in with_reward(pool) if c["text"] != chosen["text"]]
    return min(others, key=reward_of, default=None)


def policy_of(pool: Sequence[Candidate]) -> str:
    """Return which of several policies wrote the best of a pool, the first on a tie; else ""."""
    written = [c for c in pool if c.get("policy")]
    winner = best(written) or next(iter(written), None)
    return winner["policy"] if winner else ""


def summarise(
    pool: Sequence[Candidate],
    turn: int,
    round: int,
    ranked_by: str = "",
) -> Round:
    """Return the record of a freshly ranked round; loss and gradient come later."""
    chosen, rejected = contrast(pool)
    spread = reward_of(chosen) - reward_of(rejected) if chosen and rejected else None
    chosen, rejected = contrast_with_vetoed(pool, round, chosen, rejected)
    mine = of_round(pool, round)
    rewards = [reward_of(c) for c in with_reward(mine)]
    texts = [c["text"] for c in with_reward(mine)]
    before = [c["text"] for c in with_reward(pool) if c["round"] < round]
    diversity, near_copies = variety(texts, before)
    record = Round(
        turn=turn,
        round=round,
        chosen=chosen["id"] if chosen else None,
        rejected=rejected["id"] if rejected else None,
        loss=None,
        gradient=None,
        best=max(rewards, default=None),
        mean=fmean(rewards) if rewards else None,
        std=pstdev(rewards) if rewards else None,
        spread=spread,
        best_length=len(chosen["text"]) if chosen else None,
        reward=chosen["reward"] if chosen else None,
        heldout=None,
        ranked_by=ranked_by,
        malformed=sum(c["error"] is not None and c["reward"] is None for c in mine),
        vetoed=sum(failure_of(c) == "vetoed" for c in mine),
        picked_by="reward",
        diversity=diversity,
        near_copies=near_copies,
        error=None,
        failure=None,
    )
    if not round and (policy := policy_of(mine)):
        record["policy"] = policy
    return record
