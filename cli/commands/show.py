"""`tpo show`: one run in full."""

from __future__ import annotations

import asyncio
import json

from langgraph.types import StateSnapshot
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ...core.errors import InputError
from ...core.pool import by_id
from ...core.state import Round
from .. import words
from ..console import page, print_raw
from ..report.answer import print_answer, why_stopped, winner
from ..report.checkpoints import print_history
from ..report.course import course
from ..report.drift import drift_words
from ..report.result import result_of
from ..report.tables import cost_table, pool_table, rounds_table
from ..saved.branch import find_checkpoint, history
from ..saved.session import Session, open_session, query_of, status_of, text_of, values_of
from ..saved.store import open_store, store_path


def show(
    id: str,
    candidate: str | None,
    with_history: bool,
    at: str | None,
    db: str | None,
    as_json: bool,
) -> int:
    """Print a run, or one of its answers, or its checkpoints; return the exit code."""
    return asyncio.run(_show(id, candidate, with_history, at, db, as_json))


async def _show(
    id: str,
    candidate: str | None,
    with_history: bool,
    at: str | None,
    db: str | None,
    as_json: bool,
) -> int:
    async with open_store(store_path(db)) as store:
        session = await open_session(store, id)
        states = await history(session) if with_history or at else []
        state = find_checkpoint(states, at) if at else await session.state()
    if candidate:
        print_raw(_candidate_text(state, candidate))
    elif with_history:
        print_history(states, as_json)
    elif as_json:
        print(json.dumps(result_of(session, state), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        with page() as console:
            _print_run(console, session, state)
    return 0


def _candidate_text(state: StateSnapshot, id: str) -> str:
    pool = values_of(state).get("candidates") or []
    found = by_id(pool, id)
    if found is None:
        raise InputError(f"there is no answer {id!r}; there are {', '.join(c['id'] for c in pool)}")
    return text_of(found)


def _print_run(console: Console, session: Session, state: StateSnapshot) -> None:
    values, context = values_of(state), session.context
    over = f" ({why_stopped(values, context)})" if values.get("stop_reason") else ""
    head = Text.assemble((session.id, "bold"), f"  {status_of(session, state)}{over}")
    console.print(head.append(f"  {words.age(state.created_at)}", "dim"))
    models = f"policy {words.shown(context.policy)}  reward {words.shown(context.reward)}"
    console.print(Text(f"{words.size(context)}  {models}", "dim"))
    _section(console, "Prompt")
    console.print(Padding(Text(words.harmless(query_of(state))), (0, 0, 0, 2)))
    if values.get("candidates"):
        _section(console, "Pool")
        console.print(pool_table(values))
    for record in values.get("rounds") or []:
        _print_critique(console, record)
    _print_end(console, session, state)


def _print_critique(console: Console, record: Round) -> None:
    if not (record["loss"] or record["gradient"] or record["error"]):
        return
    against = f" against {record['rejected']}" if record["rejected"] else ""
    _section(console, f"Round {record['round'] + 1}: {record['chosen']}{against}")
    texts = {name: record[name] for name in ("loss", "gradient", "error")}
    for name, text in texts.items():
        if text:
            by_hand = " (by hand)" if name in record.get("by_hand", []) else ""
            console.print(Text(f"{name}{by_hand}", "cyan"))
            console.print(Padding(Text(words.harmless(text.strip())), (0, 0, 0, 2)))


def _print_end(console: Console, session: Session, state: StateSnapshot) -> None:
    values = values_of(state)
    if values.get("rounds"):
        _section(console, "Rounds")
        console.print(rounds_table(values["rounds"]))
        if len(values["rounds"]) > 1:
            console.print(course(values["rounds"]))
        if gamed := drift_words(values["rounds"], session.context.guard_tolerance):
            console.print(Text(gamed, "yellow"))
    if usage := values.get("usage"):
        _section(console, "Cost")
        console.print(cost_table(usage["phases"], usage["total"]))
    if leader := winner(values):
        is_answer = bool(values.get("answer"))
        console.print()
        title = f"{leader['id']}, reward {words.reward(leader['reward'])}"
        print_answer(console, text_of(leader), title if is_answer else f"best so far: {title}")


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold"))
