"""The result of a run: as an object for --json, as text for a person or a pipe."""

from __future__ import annotations

from langgraph.types import StateSnapshot
from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

from ...core.context import Context
from ...core.dollars import with_dollars
from ...core.final_answer import answer_of, without_answer
from ...core.gain import Gain, gain_of, gain_phrase
from ...core.json_types import JsonObject
from ...core.message_json import plain_messages
from ...core.number_format import cost_phrase, reward
from ...core.phrases import overoptimised_sentence, sentence, stop_phrase
from ...core.provenance import settings_shown
from ...core.state import State
from ...models.several_policies import policies_of
from ...rewards.resolve import resolve_reward
from ..console import console_for, harmless, print_raw, say
from ..saved.saved_run import SavedRun
from ..saved.status import query_of, status_of, values_of
from .near_copies import copies_lines
from .sparklines import reward_sparklines
from .tables import rounds_table


def result_of(run: SavedRun, state: StateSnapshot) -> JsonObject:
    """Return what `--json` prints: plain data, the same for `run`, `resume` and `show`."""
    values = values_of(state)
    usage = values.get("usage")
    return {
        "id": run.id,
        "status": status_of(run, state),
        "query": query_of(state),
        "messages": plain_messages(without_answer(values)),
        "answer": values.get("answer") or None,
        "reward": values.get("reward"),
        "stop_reason": values.get("stop_reason"),
        "candidates": values.get("candidates") or [],
        "rounds": values.get("rounds") or [],
        "usage": usage and {**usage, "total": with_dollars(usage["total"])},
        "gain": gain_so_far(values),
        "settings": settings_shown(run.context),
    }


def gain_so_far(state: State) -> Gain | None:
    """Return what a run has gained over its first samples, also before its end."""
    pool = state.get("candidates") or []
    return gain_of(pool, state.get("usage"), answer_of(state, state.get("stop_reason")))


def print_result(run: SavedRun, state: StateSnapshot, talks: bool) -> None:
    """Print the answer; and, if `talks`, what it cost and how to see more.

    In a pipe only the answer goes to stdout; the rest goes to stderr as one line.
    """
    values, console = values_of(state), console_for()
    if not talks or not console.is_terminal:
        print_raw(values["answer"])
    if not talks:
        return
    if not console.is_terminal:
        say(" ".join(_summary(run, state)))
        return
    judge = policies_of(None, None, run.context)[0]
    if notice := resolve_reward(run.context.reward, policy=judge).notice:
        console.print(Text(f"Note: {notice}", "yellow"))
    winner = answer_of(values, values["stop_reason"])
    title = f"{winner['id']}, reward {reward(winner['reward'])}" if winner else "answer"
    print_answer(console, values["answer"], title)
    print_rounds(console, values)
    for line in _summary(run, state):
        console.print(Text(line))


def print_rounds(console: Console, state: State) -> None:
    """Print the rounds as a table, then their rewards as spark lines, and near copies if any."""
    rounds = state["rounds"]
    console.print(rounds_table(rounds))
    if len(rounds) > 1:
        console.print(reward_sparklines(rounds))
    for line in copies_lines(rounds, state["candidates"]):
        console.print(line)


def print_answer(console: Console, text: str, title: str) -> None:
    """Print the answer: as a panel of Markdown in a terminal, as it is in a pipe."""
    if not console.is_terminal:
        console.print(Text(text))
        return
    markdown = Markdown(harmless(text))
    console.print(Panel(markdown, title=title, title_align="left", box=box.ROUNDED, padding=(1, 2)))


def why_stopped(state: State, context: Context) -> str:
    """Return why the run stopped, with the cause if a critique failed."""
    rounds = state.get("rounds") or []
    cause = rounds[-1]["error"] if rounds else None
    phrase = stop_phrase(state.get("stop_reason"), context)
    return f"{phrase} ({cause})" if cause else phrase


def _summary(run: SavedRun, state: StateSnapshot) -> list[str]:
    values = values_of(state)
    over = "Finished" if status_of(run, state) == "finished" else "Stopped"
    gained = gain_phrase(gain_so_far(values))
    gamed = overoptimised_sentence(values["rounds"], run.context.guard_tolerance)
    return [
        f"{over}: {why_stopped(values, run.context)}.",
        *([gamed] if gamed else []),
        f"Cost: {cost_phrase(values['usage']['total'])}.",
        *([sentence(gained)] if gained else []),
        f"See more: tpo show {run.id}",
    ]
