"""`tpo show`: one run in full, one of its answers, or its checkpoints."""

from __future__ import annotations

import asyncio
import json

from langgraph.types import StateSnapshot
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ...core.feedback import feedback_text
from ...core.final_answer import answer_of, without_answer
from ...core.gain import gain_phrase
from ...core.message_text import message_words, spoken
from ...core.number_format import age, reward
from ...core.phrases import overoptimised_sentence, search_phrase, sentence
from ...core.pool import by_id, criteria_of
from ...core.provenance import settings_shown
from ...core.several_policies import named_policies
from ...core.state import Round, State
from ...core.written_criterion import criteria_lines
from ..console import harmless, page, print_raw
from ..report.result import gain_so_far, print_answer, print_rounds, result_of, why_stopped
from ..report.tables import cost_table, pool_table, print_checkpoints
from ..saved.branch import find_checkpoint, history
from ..saved.ended_row import why_failed
from ..saved.saved_run import SavedRun
from ..saved.shown import open_to_show
from ..saved.status import find_candidate, status_of, text_of, values_of

ROLES = {"human": "user", "ai": "assistant", "tool": "result of a tool"}


def show(
    run_id: str,
    candidate: str | None,
    with_history: bool,
    at: str | None,
    db: str | None,
    as_json: bool,
) -> int:
    """Print a run, or one of its answers, or its checkpoints; return the exit code."""

    async def read() -> tuple[SavedRun, list[StateSnapshot], StateSnapshot]:
        checkpoints = with_history or bool(at)
        async with open_to_show(db, run_id, checkpoints=checkpoints) as (run, newest):
            states = await history(run) if checkpoints else []
            return run, states, find_checkpoint(states, at) if at else newest

    run, states, state = asyncio.run(read())
    if candidate:
        print_raw(text_of(find_candidate(values_of(state), candidate)))
    elif with_history:
        print_checkpoints(states, as_json)
    elif as_json:
        failed = {"error": said} if (said := why_failed(state)) else {}
        print(json.dumps(result_of(run, state) | failed, ensure_ascii=False))
    else:
        with page() as console:
            _print_run(console, run, state)
    return 0


def _print_run(console: Console, run: SavedRun, state: StateSnapshot) -> None:
    values, context = values_of(state), run.context
    why = why_stopped(values, context) if values.get("stop_reason") else why_failed(state)
    said = f"{status_of(run, state)}{': ' if why else ''}{why}"
    head = Text.assemble((harmless(run.id), "bold"), f"  {harmless(said)}")
    console.print(head.append(f"  {age(state.created_at)}", "dim"))
    policies = "policies" if context.policies else "policy"
    models = f"{policies} {named_policies(context)}  reward {settings_shown(context)['reward']}"
    console.print(
        Text(f"{search_phrase(context.mode, context.rounds, context.width)}  {models}", "dim")
    )
    _print_conversation(console, values)
    if values.get("candidates"):
        _section(console, "Pool")
        console.print(pool_table(values))
    for record in values.get("rounds") or []:
        chosen = by_id(values.get("candidates") or [], record["chosen"])
        _print_critique(console, record, feedback_text(chosen) if chosen else "")
    _print_end(console, run, state)


def _print_conversation(console: Console, values: State) -> None:
    """Print what was asked: system prompt and earlier turns by their roles, then the query."""
    asked = [m for m in spoken(without_answer(values)) if message_words(m).strip()]
    _section(console, "Prompt")
    for message in asked:
        if len(asked) > 1:
            console.print(Text(f"  {ROLES.get(message.type, message.type)}", "cyan"))
        console.print(Padding(Text(harmless(message_words(message).strip())), (0, 0, 0, 2)))
    if written := criteria_lines(criteria_of(values)):
        _section(console, "Written to check its answers for")
        console.print(Padding(Text(harmless("\n".join(written))), (0, 0, 0, 2)))


def _print_critique(console: Console, record: Round, feedback: str) -> None:
    plan = record["plan"]["why"] if "plan" in record else ""
    policy = f"{record['policy']} goes on" if "policy" in record else ""
    if not (record["loss"] or record["gradient"] or record["error"] or plan or policy):
        return
    against = f" against {record['rejected']}" if record["rejected"] else ""
    _section(console, f"Round {record['round'] + 1}: {record['chosen']}{against}")
    written = {name: record[name] for name in ("loss", "gradient", "error")}
    texts = {"feedback": feedback, "plan": plan, "policy": policy, **written}
    for name, text in texts.items():
        by_hand = " (by hand)" if name in record.get("by_hand", []) else ""
        print_titled(console, f"{name}{by_hand}", text)
    for one in record.get("further", []):
        print_titled(console, f"loss, against {one['rejected']}", one["loss"])
        print_titled(console, f"gradient, against {one['rejected']}", one["gradient"])


def print_titled(console: Console, title: str, text: str | None) -> None:
    """Print a text under its title, if there is one."""
    if text:
        console.print(Text(title, "cyan"))
        console.print(Padding(Text(harmless(text.strip())), (0, 0, 0, 2)))


def _print_end(console: Console, run: SavedRun, state: StateSnapshot) -> None:
    values = values_of(state)
    if values.get("rounds"):
        _section(console, "Rounds")
        print_rounds(console, values)
        if gamed := overoptimised_sentence(values["rounds"], run.context.guard_tolerance):
            console.print(Text(gamed, "yellow"))
    if usage := values.get("usage"):
        _section(console, "Cost")
        console.print(cost_table(usage["phases"], usage["total"]))
        if gained := gain_phrase(gain_so_far(values)):
            console.print(Text(sentence(gained), "green" if gained.startswith("+") else "yellow"))
    if leader := answer_of(values, values.get("stop_reason")):
        is_answer = bool(values.get("answer"))
        console.print()
        title = f"{leader['id']}, reward {reward(leader['reward'])}"
        print_answer(console, text_of(leader), title if is_answer else f"best so far: {title}")


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold"))
