"""What is printed once a run is over, and by `tpo show`: tables, texts, costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ...core.context import Context
from ...core.pool import by_id
from ...core.state import Candidate, Round, State
from ...core.usage import PHASES, Cost
from .. import words
from ..saved.session import text_of

PIPE_WIDTH = 10_000  # nothing is wrapped or cut for a reader that is no terminal


def console_for() -> Console:
    """Return the console of stdout."""
    return Console(highlight=False, markup=False, emoji=False)


@contextmanager
def page() -> Iterator[Console]:
    """Print to stdout: as rich text in a terminal; without padding and colours in a pipe."""
    console = console_for()
    if console.is_terminal:
        yield console
        return
    text = StringIO()
    yield Console(file=text, highlight=False, markup=False, emoji=False, width=PIPE_WIDTH)
    for line in text.getvalue().splitlines():
        print(line.rstrip())  # noqa: T201


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table without frame."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", no_wrap=name in right)
    return made


def print_raw(text: str) -> None:
    """Print a text as it is; in a terminal without its control characters."""
    print(words.harmless(text) if sys.stdout.isatty() else text)  # noqa: T201


def print_answer(console: Console, text: str, title: str) -> None:
    """Print the answer: as a panel of Markdown in a terminal, as it is in a pipe."""
    if console.is_terminal:
        console.print(
            Panel(
                Markdown(words.harmless(text)),
                title=title,
                title_align="left",
                box=box.ROUNDED,
                padding=(1, 2),
            )
        )
    else:
        console.print(Text(text))


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


def winner(state: State) -> Candidate | None:
    """Return the candidate that is the answer, or so far would be."""
    pool, rounds = state.get("candidates", []), state.get("rounds") or []
    if answer := state.get("answer"):
        return next((c for c in pool if c["text"] == answer), None)
    return by_id(pool, rounds[-1]["chosen"]) if rounds else None


def why_stopped(state: State, context: Context) -> str:
    """Say why the run stopped, with the cause where a critique failed."""
    rounds = state.get("rounds") or []
    cause = rounds[-1]["error"] if rounds else None
    said = words.why(state.get("stop_reason"), context)
    return f"{said} ({cause})" if cause else said
