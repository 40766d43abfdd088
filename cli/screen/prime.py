"""The view of a run that goes on: what a saved state already holds is not sent again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from langgraph.checkpoint.base import CheckpointTuple
from langgraph.types import StateSnapshot

from ...core.context import Context
from ...core.state import merge_candidates, merge_rounds
from ...core.stopping import spent
from ...core.usage import Phase
from .. import words
from ..reward import reward_of
from ..saved.session import is_over, query_of, values_of
from .view import LATER, View


def new_view(context: Context, query: str) -> View:
    """Return the view of a run that has not begun."""
    reward = reward_of(context)
    return View(
        query=query,
        mode=context.mode,
        depth=context.rounds,
        width=context.width,
        policy=words.shown(context.policy),
        reward=reward.name,
        notices=(reward.notice,) if reward.notice else (),
    )


def saved_view(context: Context, state: StateSnapshot, saved: CheckpointTuple | None) -> View:
    """Return the view of a saved run.

    Args:
        context: The settings it goes on with.
        state: Its state.
        saved: Its checkpoint, whose pending writes hold what a step that was cut off had
            finished: those requests are not sent again.
    """
    values, view = values_of(state), new_view(context, query_of(state))
    pending = list(_records(saved))
    known = {c["id"] for c in values.get("candidates") or []}
    known |= {r["id"] for r in pending if r.keys() >= {"id", "round"}}
    pool = merge_candidates(
        values.get("candidates"), [[r for r in pending if r.get("id") in known]]
    )
    rounds = merge_rounds(values.get("rounds"), [[r for r in pending if "id" not in r]])
    paid = spent(values)
    upcoming = next((task.name for task in state.tasks), "")
    ahead = upcoming in {"loss", "gradient", "update"}
    critique = rounds[-1] if rounds and upcoming in {"gradient", "update"} else None
    steps = LATER if critique else ()
    done = steps[: steps.index(upcoming)] if upcoming in steps else ()
    return View(
        **{
            **vars(view),
            "phase": upcoming if upcoming in get_args(Phase) else None,
            "cycle": values.get("round", 0) + ahead,
            "elapsed": paid["seconds"],
            "since": paid["seconds"],
            "pool": {c["id"]: c for c in pool},
            "rounds": {r["round"]: r for r in rounds},
            "spent": dict.fromkeys(done, 0.0),
            "loss": (critique and critique["loss"]) or "",
            "gradient": (critique and critique["gradient"]) or "",
            "paid": paid,
            "stopped": is_over(state),
        }
    )


def _records(saved: CheckpointTuple | None) -> Iterable[dict[str, Any]]:
    """Yield the records of candidates and rounds among a checkpoint's pending writes."""
    for _, _, value in (saved.pending_writes if saved else None) or []:
        for record in value if isinstance(value, list) else []:
            if isinstance(record, dict) and "turn" in record and record.keys() & {"id", "round"}:
                yield record
