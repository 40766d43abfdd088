"""`tpo show --history`: the checkpoints of a run, to branch off from."""

from __future__ import annotations

import json
from collections.abc import Sequence

from langgraph.types import StateSnapshot
from rich.text import Text

from .. import words
from ..console import page, table
from ..saved.branch import checkpoint_id, maker, present_branch, short_id
from ..saved.session import values_of


def print_history(states: Sequence[StateSnapshot], as_json: bool) -> None:
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
        print(json.dumps(rows, indent=2))  # noqa: T201
        return
    made = table("", "checkpoint", "when", "round", "after", "before", right=("round",))
    for row in rows:
        after = f"{row['written_by']}{' (branched off)' if row['edited'] else ''}"
        made.add_row(
            "●" if row["present"] else "○",
            str(row["checkpoint"]),
            words.age(str(row["when"])),
            str(row["round"]),
            after,
            str(row["next"] or "end").strip("_"),
            style="" if row["present"] else "dim",
        )
    with page() as console:
        console.print(made)
        console.print(
            Text("● leads to the present state. Branch off: tpo fork ID --at CHECKPOINT", "dim")
        )
