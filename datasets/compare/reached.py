"""What each arm had reached on each row, for the same spend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...core.round_critique import texts_in
from ...core.state import Candidate
from ..records import RowPool, RowResult
from .arm_folder import Arm
from .comparison import Equal
from .cut import stand_within
from .spend import Spend
from .trail import Stand, trail

VERIFIER = "verify:"  # as its name begins; it gives 1 to what passes
Trails = Mapping[str, Mapping[str, list[Stand]]]
"""By the name of the arm, then by the id of the row."""


@dataclass(frozen=True)
class Reached:
    """What an arm had reached on a row when it had spent its share.

    Attributes:
        candidate: The best answer so far.
        round: The last round that counts.
        spend: What was spent by then.
        seconds: That part of the row's seconds.
        heldout: What the held-out reward gives the answer, if it was asked about it.
        rewarded_by: The name of the reward that ranked.
        critiques: The losses and gradients that were paid for.
        heldouts: What each of several held-out rewards gives the answer, if they were asked.
    """

    candidate: Candidate
    round: int
    spend: Spend
    seconds: float
    heldout: float | None
    rewarded_by: str
    critiques: list[str]
    heldouts: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def passed(self) -> bool | None:
        """Whether a verifier passes the answer: a held-out one, else the reward by its checks."""
        for title, score in self.heldouts.items():
            if title.startswith(VERIFIER) and score is not None:
                return score >= 1
        if self.rewarded_by.startswith(VERIFIER) and self.candidate["reward"] is not None:
            return self.candidate["reward"] >= 1
        checks = self.candidate.get("checks") or []
        verdicts = [check["passed"] for check in checks if "passed" in check]
        return all(verdicts) if verdicts else None

    def with_heldouts(self, scores: Mapping[str, float | None]) -> Reached:
        """Return the same with what held-out rewards say; the first of them is `heldout`."""
        return replace(self, heldouts=scores, heldout=next(iter(scores.values())))


def trails_of(arms: Sequence[Arm], ids: Sequence[str]) -> dict[str, dict[str, list[Stand]]]:
    """Return where each arm stood on each row."""
    return {
        arm.name: {
            id: trail(arm.pools[id], arm.first.get(id) if is_shared(arm.pools[id]) else None)
            for id in ids
            if id in arm.pools
        }
        for arm in arms
    }


def is_shared(pool: RowPool) -> bool:
    """Return whether an arm was given the first samples of this row."""
    return any(candidate.get("drafted") for candidate in pool["candidates"])


def stands_at(trails: Trails, id: str, equal: Equal, like: str = "") -> dict[str, Stand | None]:
    """Return where each arm stood on a row when it had spent what every arm may spend.

    That is what the arm called `like` spent. Without it, the least that any arm spent; and
    where a search then ends with a round well before that, the others are cut to this once more.
    An arm of a single sample sets no limit: nothing is left of others at its cost.
    """
    every = {name: of_arm[id] for name, of_arm in trails.items()}
    several = [name for name, stands in every.items() if len(stands) > 1] or list(every)
    spent = [every[name][-1].spend.of(equal) for name in ([like] if like else several)]
    limit = None if None in spent else min(one for one in spent if one is not None)
    cut = {name: stand_within(stands, equal, limit) for name, stands in every.items()}
    if like or None in cut.values():
        return cut
    least = min(one.spend.of(equal) or 0.0 for name in several if (one := cut[name]))
    return {name: stand_within(stands, equal, least) for name, stands in every.items()}


def reached(arm: Arm, id: str, stands: Sequence[Stand], stand: Stand) -> Reached:
    """Return what an arm had reached at one point of a row."""
    row, pool = arm.results[id], arm.pools[id]
    answer = stand.best
    if stand is stands[-1]:  # what the run answered, which a guard or a person may have chosen
        answer = next((c for c in pool["candidates"] if c["text"] == row["answer"]), answer)
    assert answer is not None
    whole = stands[-1].spend.tokens
    before = [r for r in pool["rounds"] if r["round"] < stand.round]
    return Reached(
        candidate=answer,
        round=stand.round,
        spend=stand.spend,
        seconds=row["seconds"] * (stand.spend.tokens / whole if whole else 1.0),
        heldout=heldout_at(row, pool, answer),
        rewarded_by=next((r["ranked_by"] for r in reversed(pool["rounds"]) if r["ranked_by"]), ""),
        critiques=[text for r in before for text in texts_in(r, "loss", "gradient")],
    )


def heldout_at(row: RowResult, pool: RowPool, answer: Candidate) -> float | None:
    """Return what the held-out reward gave an answer, in whatever round it was asked."""
    if answer["text"] == row["answer"] and row["heldout"] is not None:
        return row["heldout"]
    found = [r["heldout"] for r in pool["rounds"] if r["chosen"] == answer["id"]]
    return next((one for one in found if one is not None), None)
