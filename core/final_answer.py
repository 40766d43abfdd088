"""Which candidate is the answer, found from the state alone."""

from __future__ import annotations

from .overoptimisation import drift
from .pool import best, by_id
from .state import Candidate, State, StopReason


def answer_of(state: State, reason: StopReason | None) -> Candidate | None:
    """Return the answer of a run that stops for `reason`.

    Args:
        state: The run.
        reason: Why it stops; `None` while it goes on.

    Returns:
        What the held-out reward liked best, if the reward was gamed; what a person picked
        last; else the pool's best. `None` if nothing is ranked yet.
    """
    pool, rounds = state.get("candidates") or [], state.get("rounds") or []
    if reason == "overoptimised":
        peak = drift(rounds)["best_round"]
        chosen = next((r["chosen"] for r in rounds if r["round"] == peak), None)
        if sound := by_id(pool, chosen):
            return sound
    by_hand = bool(rounds) and rounds[-1]["picked_by"] == "human"
    picked = by_id(pool, rounds[-1]["chosen"]) if by_hand else None
    return picked or best(pool)
