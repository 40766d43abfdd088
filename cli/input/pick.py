"""A person's turn: show the ranked answers, ask, and check the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langgraph.types import StateSnapshot
from rich.text import Text

from ...core.errors import InputError
from .. import words
from ..console import console_for, table
from ..signals import plain_interrupt
from .query import text_or_file

Pick = dict[str, Any]
HINT = "Enter keeps the reward's choice. Or: ID to improve on, ID ID to contrast, show ID, stop."


def check_pick(state: StateSnapshot, pick: Pick) -> Pick:
    """Return the choice, once its ids are known; the graph cannot ask twice.

    Raises:
        InputError: there is no such candidate, both are the same, or `@FILE` cannot be read.
    """
    ids = [c["id"] for c in _paused(state)["candidates"]]
    for role in ("chosen", "rejected"):
        if pick.get(role) and pick[role] not in ids:
            raise InputError(
                f"there is no scored answer {pick[role]!r}; choose of {', '.join(ids)}"
            )
    if pick.get("chosen") and pick.get("chosen") == pick.get("rejected"):
        raise InputError("the chosen and the rejected answer must be two")
    texts = {step: text_or_file(pick[step]) for step in ("loss", "gradient") if pick.get(step)}
    return {**pick, **texts}


def ask_person(state: StateSnapshot, read: Callable[[str], str] = input) -> Pick | None:
    """Show the ranked answers and ask until the reply makes sense.

    Returns:
        The choice; `None` if the person leaves (Ctrl-C, Ctrl-D): the run waits.
    """
    paused = _paused(state)
    _show_ranking(paused)
    while True:
        try:
            with plain_interrupt():
                said = read("> ").split()
        except (KeyboardInterrupt, EOFError):
            console_for().print()  # the sign of the key stands on this line
            return None
        try:
            if said[:1] == ["show"]:
                _show_text(paused["candidates"], said[1:])
                continue
            return check_pick(state, read_pick(said))
        except InputError as error:
            console_for().print(Text(str(error), "red"))


def read_pick(said: Sequence[str]) -> Pick:
    """Read a reply: ids, `stop`, or nothing.

    Raises:
        InputError: more than two ids.
    """
    ids = [word for word in said if word != "stop"]
    if len(ids) > 2:
        raise InputError("type at most two ids: the one to improve on, and its contrast")
    pick: Pick = {"stop": "stop" in said}
    pick.update(zip(("chosen", "rejected"), ids, strict=False))
    return pick


def _paused(state: StateSnapshot) -> Mapping[str, Any]:
    value: Mapping[str, Any] = state.interrupts[0].value
    return value


def _show_ranking(paused: Mapping[str, Any]) -> None:
    console = console_for()
    made = table("id", "reward", "", right=("reward",))
    for c in paused["candidates"]:
        role = {paused["chosen"]: "chosen", paused["rejected"]: "rejected"}.get(c["id"], "")
        room = max(20, console.width - 32)
        text = Text(words.short(c["text"], room), no_wrap=True, overflow="ellipsis")
        made.add_row(
            c["id"], words.reward(c["reward"]), Text.assemble((f"{role:<9}", "green"), text)
        )
    console.print(Text(f"Round {paused['round']}: which answer leads on?", "bold"))
    console.print(made)
    console.print(Text(HINT, "dim"))


def _show_text(candidates: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> None:
    for c in candidates:
        if c["id"] in ids:
            console_for().print(Text(words.harmless(c["text"])))
