"""The end: the best of the pool is the answer, with the reason why the loop stopped."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.errors import NoCandidateError
from ..core.events import Emitter
from ..core.overoptimisation import drift
from ..core.pool import best, by_id
from ..core.state import Candidate, State, StopReason
from ..core.stopping import why_stop
from .parts import Node, Parts


def finish_node(*, parts: Parts) -> Node:
    """Return the node that writes the answer."""

    async def finish(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context = parts.context(runtime)
        emit = Emitter(runtime.stream_writer, state["usage"], state["round"])
        reason = why_stop(state, context) or "depth"
        winner = _winner(state, reason)
        emit("stop", {"reason": reason})
        emit(
            "final",
            {
                "candidate": winner["id"],
                "answer": winner["text"],
                "reward": winner["reward"],
                "usage": state["usage"],
            },
        )
        return {
            "messages": [AIMessage(winner["text"])],
            "answer": winner["text"],
            "reward": winner["reward"],
            "stop_reason": reason,
        }

    return finish


def _winner(state: State, reason: StopReason) -> Candidate:
    """The pool's best; what a person picked last; or what was best before it was gamed."""
    last = state["rounds"][-1]
    if reason == "overoptimised":
        peak = drift(state["rounds"])["best_round"]
        chosen = next((r["chosen"] for r in state["rounds"] if r["round"] == peak), None)
        if sound := by_id(state["candidates"], chosen):
            return sound
    picked = by_id(state["candidates"], last["chosen"]) if last["picked_by"] == "human" else None
    winner = picked or best(state["candidates"])
    if winner is None:
        raise NoCandidateError("the pool holds no scored candidate, so there is no answer")
    return winner
