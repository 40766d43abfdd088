"""The result of a run: as an object for --json, as text for a person or a pipe."""

from __future__ import annotations

import sys
from typing import Any

from langgraph.types import StateSnapshot
from rich.text import Text

from .. import words
from ..console import console_for, print_raw
from ..reward import reward_of
from ..saved.session import Session, query_of, status_of, values_of
from .answer import print_answer, why_stopped, winner
from .course import course
from .drift import drift_words
from .tables import rounds_table


def result_of(session: Session, state: StateSnapshot) -> dict[str, Any]:
    """Return what `--json` prints: plain data, the same for `run`, `resume` and `show`."""
    values = values_of(state)
    return {
        "id": session.id,
        "status": status_of(session, state),
        "query": query_of(state),
        "answer": values.get("answer") or None,
        "reward": values.get("reward"),
        "stop_reason": values.get("stop_reason"),
        "candidates": values.get("candidates") or [],
        "rounds": values.get("rounds") or [],
        "usage": values.get("usage"),
        "settings": {
            name: words.shown(value) if isinstance(value, str) else value
            for name, value in session.context.model_dump(mode="json", exclude={"live"}).items()
        },
    }


def print_result(session: Session, state: StateSnapshot, talks: bool) -> None:
    """Print the answer; and, if `talks`, what it took and how to look closer.

    In a pipe only the answer goes to stdout; the rest goes to stderr as one line.
    """
    values, console = values_of(state), console_for()
    leader = winner(values)
    title = f"{leader['id']}, reward {words.reward(leader['reward'])}" if leader else "answer"
    if not talks or not console.is_terminal:
        print_raw(values["answer"])
    if talks and not console.is_terminal:
        print(" ".join(_summary(session, state)), file=sys.stderr)  # noqa: T201
    if talks and console.is_terminal:
        if notice := reward_of(session.context).notice:
            console.print(Text(f"Note: {notice}", "yellow"))
        print_answer(console, values["answer"], title)
        console.print(rounds_table(values["rounds"]))
        if len(values["rounds"]) > 1:
            console.print(course(values["rounds"]))
        for sentence in _summary(session, state):
            console.print(Text(sentence))


def _summary(session: Session, state: StateSnapshot) -> list[str]:
    values = values_of(state)
    over = "Finished" if status_of(session, state) == "finished" else "Stopped"
    gamed = drift_words(values["rounds"], session.context.guard_tolerance)
    return [
        f"{over}: {why_stopped(values, session.context)}.",
        *([gamed] if gamed else []),
        f"Cost: {words.spent(values['usage']['total'])}.",
        f"Look closer: tpo show {session.id}",
    ]
