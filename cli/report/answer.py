"""The answer of a run: which candidate it is, why the run stopped there, how it is printed."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

from ...core.context import Context
from ...core.pool import by_id
from ...core.state import Candidate, State
from .. import words


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
