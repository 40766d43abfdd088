"""Why not one answer of a run has a reward, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from .context import Context
from .errors import NoCandidateError, RewardError, TPOError
from .number_format import count
from .pool import losses
from .state import Candidate, State
from .vetoes import ruled_out, why_vetoed

REPAIR = "Repair the reward. A saved run keeps its candidates and can be resumed"


def why_nothing_ranked(
    pool: Sequence[Candidate], ranked: Sequence[Candidate], reward: str, over: Context | None
) -> str:
    """Return the sentence that a run without any reward ends with.

    Args:
        pool: All candidates.
        ranked: Those of the round.
        reward: The name of the reward.
        over: The settings of the run, if its time is over.
    """
    ranked = ranked or ruled_out(pool)  # those of earlier rounds, if this one brought nothing
    errors = [c["error"] for c in ranked if c["error"]]
    why = errors[0] if errors else "no candidate to score"
    asked = count(len({c["id"] for c in ranked}), "candidate")
    advice = REPAIR
    if errors and not losses(ranked):
        said = why_vetoed(pool)
        advice = f"Every one was vetoed{said}: ask for more (width), or relax the constraint"
    elif over:
        advice = f"{time_is_over(over)}, and resume the run"
    return f"reward {reward!r} scored none of {asked} ({why}). {advice}"


def no_answer(state: State) -> TPOError:
    """Return the error of a run that ends with nothing that can be its answer."""
    if ruled_out(pool := state["candidates"]):
        return RewardError(why_nothing_ranked(pool, [], state["rounds"][-1]["ranked_by"], None))
    return NoCandidateError("the pool holds no scored candidate, so there is no answer")


def time_is_over(context: Context) -> str:
    """Return what to do if the time of a run was too short for anything."""
    return f"The time is over (budget_seconds={context.budget_seconds:g}): give it more"
