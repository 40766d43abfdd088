"""Tables of a run: its rounds, its pool, its cost, its checkpoints."""

from __future__ import annotations

import json
from collections.abc import Sequence

from langgraph.types import StateSnapshot
from rich.table import Table
from rich.text import Text

from ...core.dollars import price_phrase
from ...core.feedback import passed_checks
from ...core.gain import best_so_far
from ...core.number_format import age, at_least, reward
from ...core.replies.finish_reason import ending
from ...core.state import Candidate, Round, State
from ...core.usage import PHASES, Cost
from ..console import page, table
from ..saved.branch import checkpoint_id, maker, present_branch, short_id
from ..saved.status import text_of, values_of

COST_COLUMNS = (
    *("requests", "texts", "scores", "tokens in", "cached", "tokens out"),
    *("seconds", "price"),
)


def rounds_table(rounds: Sequence[Round]) -> Table:
    """Return best, mean and deviation of every round, and what was best so far.

    The held-out reward is there if there is one.
    """
    numbers = ["best so far", "best", "mean", "std", "length", "malformed"]
    watched = any(r["heldout"] is not None for r in rounds)
    ruled_out = any(r.get("vetoed") for r in rounds)
    numbers += ["vetoed"] if ruled_out else []
    numbers += ["held-out"] if watched else []
    made = table("round", *numbers, "chosen", "rejected", right=("round", *numbers))
    for r, top in zip(rounds, best_so_far(rounds), strict=True):
        made.add_row(
            str(r["round"]),
            reward(top),
            *(reward(r[name]) for name in ("best", "mean", "std")),
            f"{r['best_length']:,}" if r["best_length"] is not None else "-",
            str(r["malformed"] - r.get("vetoed", 0)),
            *([str(r.get("vetoed", 0))] if ruled_out else []),
            *([reward(r["heldout"])] if watched else []),
            (r["chosen"] or "-") + (" (by hand)" if r["picked_by"] == "human" else ""),
            r["rejected"] or "-",
        )
    return made


def how_made(candidate: Candidate) -> str:
    """Return how a candidate was made, and what its reward is made of."""
    made = [candidate.get("move", ""), candidate.get("policy", "")]
    parts = [f"{name} {reward(value)}" for name, value in candidate.get("parts", {}).items()]
    ratings = ", ".join(map(reward, candidate.get("ratings", [])))
    rated = f"rated {ratings}" if ratings else ""
    return ", ".join(filter(None, [*made, *parts, rated, passed_checks(candidate)]))


def pool_table(state: State) -> Table:
    """Return every candidate with its reward, its length and what went wrong."""
    made = table("id", "reward", "length", "ended", "", right=("reward", "length"))
    last = state["rounds"][-1] if state.get("rounds") else None
    for c in state.get("candidates", []):
        marks = {last["chosen"]: "chosen", last["rejected"]: "rejected"} if last else {}
        said = how_made(c)
        remark = c["error"] or marks.get(c["id"], "")
        ended = ending(c["finish_reason"]) or ""
        style = "red" if c["error"] else "green" if remark == "chosen" else ""
        made.add_row(
            c["id"],
            reward(c["reward"]),
            f"{len(text_of(c)):,}",
            "cut off" if ended == "length" else ended,
            Text.assemble((remark, style), f"  {said}" if said else ""),
        )
    return made


def cost_table(phases: dict[str, Cost], total: Cost) -> Table:
    """Return the cost per phase and in total."""
    made = table("phase", *COST_COLUMNS, right=COST_COLUMNS)
    known = [(name, phases[name]) for name in PHASES if name in phases]
    for name, cost in [*known, ("total", total)]:
        least = at_least(cost)
        made.add_row(
            name,
            f"{cost['requests']:,}",
            f"{cost['sequences']:,}",
            f"{cost['scores']:,}",
            f"{least}{cost['input_tokens']:,}",
            f"{cost['cached_tokens']:,}",
            f"{least}{cost['output_tokens']:,}",
            f"{cost['seconds']:.1f}",
            price_phrase(cost, bound="≥ ", unknown="unknown"),
        )
    return made


def print_checkpoints(states: Sequence[StateSnapshot], as_json: bool) -> None:
    """Print the checkpoints of all branches, newest first."""
    present = {checkpoint_id(s.config) for s in present_branch(list(states))}
    rows = [
        {
            "checkpoint": short_id(state),
            "present": checkpoint_id(state.config) in present,
            "when": state.created_at,
            "round": values_of(state).get("round", 0),
            "written_by": maker(state) or "start",
            "next": state.next[0] if state.next else None,
            "edited": (state.metadata or {}).get("source") == "update",
        }
        for state in states
    ]
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    made = table("", "checkpoint", "when", "round", "after", "before", right=("round",))
    for row in rows:
        after = f"{row['written_by']}{' (branched off)' if row['edited'] else ''}"
        made.add_row(
            "●" if row["present"] else "○",
            str(row["checkpoint"]),
            age(str(row["when"])),
            str(row["round"]),
            after,
            str(row["next"] or "end").strip("_"),
            style="" if row["present"] else "dim",
        )
    with page() as console:
        console.print(made)
        console.print(
            Text("● leads to the current state. Branch off: tpo fork ID --at CHECKPOINT", "dim")
        )
