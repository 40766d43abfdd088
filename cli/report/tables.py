"""Tables of a run: its rounds, its pool, its costs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ...core.state import Round, State
from ...core.usage import PHASES, Cost
from .. import words
from ..console import table
from ..saved.session import text_of


def rounds_table(rounds: Sequence[Round]) -> Table:
    """Return best, mean and spread of every round; and the held-out reward, if there is one."""
    numbers = ["best", "mean", "std", "length", "malformed"]
    watched = any(r["heldout"] is not None for r in rounds)
    numbers += ["held-out"] if watched else []
    made = table("round", *numbers, "chosen", "rejected", right=("round", *numbers))
    for r in rounds:
        made.add_row(
            str(r["round"]),
            *(words.reward(r[name]) for name in ("best", "mean", "std")),
            f"{r['best_length']:,}" if r["best_length"] is not None else "-",
            str(r["malformed"]),
            *([words.reward(r["heldout"])] if watched else []),
            (r["chosen"] or "-") + (" (by hand)" if r["picked_by"] == "human" else ""),
            r["rejected"] or "-",
        )
    return made


def pool_table(state: State) -> Table:
    """Return every candidate with its reward, its length and what went wrong."""
    made = table("id", "reward", "length", "ended", "", right=("reward", "length"))
    last = state["rounds"][-1] if state.get("rounds") else None
    for c in state.get("candidates", []):
        marks = {last["chosen"]: "chosen", last["rejected"]: "rejected"} if last else {}
        parts = ", ".join(f"{k} {words.reward(v)}" for k, v in c.get("parts", {}).items())
        said = c["error"] or marks.get(c["id"], "")
        style = "red" if c["error"] else "green" if said == "chosen" else ""
        made.add_row(
            c["id"],
            words.reward(c["reward"]),
            f"{len(text_of(c)):,}",
            words.ended(c),
            Text.assemble((said, style), f"  {parts}" if parts else ""),
        )
    return made


def cost_table(phases: dict[str, Cost], total: Cost) -> Table:
    """Return the cost per phase and in total."""
    numbers = ("requests", "texts", "scores", "tokens in", "cached", "tokens out", "seconds")
    made = table("phase", *numbers, right=numbers)
    known = [(name, phases[name]) for name in PHASES if name in phases]
    for name, cost in [*known, ("total", total)]:
        least = "" if cost["exact"] else "≥ "
        made.add_row(
            name,
            f"{cost['requests']:,}",
            f"{cost['sequences']:,}",
            f"{cost['scores']:,}",
            f"{least}{cost['input_tokens']:,}",
            f"{cost['cached_tokens']:,}",
            f"{least}{cost['output_tokens']:,}",
            f"{cost['seconds']:.1f}",
        )
    return made
