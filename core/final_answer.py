"""Which candidate is the answer, found from the state alone."""

from __future__ import annotations

from langchain_core.messages import AIMessage, AnyMessage

from .gain import gain_of
from .json_types import JsonObject
from .overoptimisation import drift
from .pool import best, by_id, with_reward
from .state import Candidate, State
from .stop_reason import StopReason
from .usage import Usage


def answer_of(state: State, reason: StopReason | None) -> Candidate | None:
    """Return the answer of a run that stops for `reason`.

    Args:
        state: The run.
        reason: Why it stops; `None` while it goes on.

    Returns:
        What the held-out reward liked best, if the reward was gamed; what a person picked
        last; else the pool's best. `None` if nothing is ranked yet.
    """
    pool, rounds = with_reward(state.get("candidates") or []), state.get("rounds") or []
    if reason == "overoptimised":
        peak = drift(rounds)["best_round"]
        chosen = next((r["chosen"] for r in rounds if r["round"] == peak), None)
        if sound := by_id(pool, chosen):
            return sound
    by_hand = bool(rounds) and rounds[-1]["picked_by"] == "human"
    picked = by_id(pool, rounds[-1]["chosen"]) if by_hand else None
    return picked or best(pool)


def without_answer(state: State) -> list[AnyMessage]:
    """Return what was asked: the messages of a run, without the answer that a finished one adds."""
    messages = state.get("messages") or []
    answered = bool(state.get("stop_reason") and messages and isinstance(messages[-1], AIMessage))
    return messages[:-1] if answered else messages


def final_event(state: State, answer: Candidate, usage: Usage) -> JsonObject:
    """Return the fields of the `tpo.final` event."""
    final = {"candidate": answer["id"], "answer": answer["text"], "reward": answer["reward"]}
    return {**final, "usage": usage, "gain": gain_of(state["candidates"], usage, answer)}
