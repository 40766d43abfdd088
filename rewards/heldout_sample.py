"""Further held-out scores, made only if the guard would give an alarm: is it more than noise?

`core/overoptimisation.py` says which round's answers it needs to see, one round after the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ..core.context import Context
from ..core.heldout_noise import LEAST
from ..core.json_types import JsonObject
from ..core.overoptimisation import drift
from ..core.planning.moves_so_far import made_by
from ..core.pool import by_id, of_round, with_reward
from ..core.state import Candidate, State, merge_rounds
from ..core.stopping import why_stop

MOST = 6  # answers of a round: more of them say little more
TOO_FEW = (
    "the guard cannot tell whether the held-out reward fell: round {} has too few answers{} to "
    "know its noise; take a greater width, or set guard_tolerance"
)
ScoreEach = Callable[[Sequence[str]], Awaitable[Sequence[float | None]]]


async def heldout_samples(
    state: State,
    rounds: list[JsonObject],
    context: Context,
    score: ScoreEach,
    tell: Callable[[str], None],
) -> None:
    """Score other answers of the rounds that an alarm depends on, as few as will do.

    Nothing is scored if no alarm is in sight, if the tolerance is set, or, where the guard only
    reports, before the loop ends.

    Args:
        state: The state, with the new candidates.
        rounds: What the ranking writes of the rounds; it is added to.
        context: The run's settings.
        score: Scores texts with the held-out reward.
        tell: Takes a sentence for the person.
    """
    known: State = {**state, "rounds": merge_rounds(state.get("rounds"), [rounds])}
    if context.guard_tolerance is not None:
        return
    if context.guard == "report" and why_stop(known, context) is None:
        return
    while (nth := drift(known["rounds"])["to_sample"]) is not None:
        texts = other_texts(known, nth)
        sample = [one for one in await score(texts) if one is not None] if texts else []
        if len(sample) < LEAST:
            tell(TOO_FEW.format(nth, " like its chosen one" * (context.mode == "adaptive")))
        rounds.append({"turn": state["turn"], "round": nth, "heldout_sample": sample})
        known["rounds"] = merge_rounds(known["rounds"], [rounds[-1:]])


def other_texts(state: State, nth: int) -> list[str]:
    """Return answers like a round's chosen one that the held-out reward has not scored.

    It has scored the chosen ones, and by that the best and the last round have been told apart.
    """
    ids = {record["chosen"] for record in state["rounds"]}
    chosen = {candidate["text"] for candidate in state["candidates"] if candidate["id"] in ids}
    now = next(record["chosen"] for record in state["rounds"] if record["round"] == nth)
    texts: list[str] = []
    for some in others_like(now, nth, with_reward(state["candidates"])):
        texts = list(dict.fromkeys(c["text"] for c in some if c["text"] not in chosen))
        if len(texts) >= LEAST:
            break
    return texts[:MOST]


def others_like(
    chosen: str | None, nth: int, pool: Sequence[Candidate]
) -> Sequence[Sequence[Candidate]]:
    """Return answers that share a level with a round's chosen one; others, if these are too few.

    A run that plans has several kinds in a round, each with a level of its own. What rewrites
    have lost is not seen in fresh answers beside them. But fresh ones are alike in all rounds.
    A fused answer is alone of its kind, so the whole round is looked at.

    Args:
        chosen: The id of the chosen answer.
        nth: The round.
        pool: The candidates with a reward.
    """
    here = of_round(pool, nth)
    one = by_id(here, chosen)
    if one is None or one.get("move") in (None, "fused"):
        return [here]
    same = made_by(here, one["move"])
    return [same, [*same, *made_by(pool, "fresh")]] if one["move"] == "fresh" else [same]
