"""A person's turn: show the ranked answers, ask, and check the reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langgraph.types import StateSnapshot
from rich.text import Text
from typing_extensions import TypedDict

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.number_format import reward
from ...core.state import Candidate
from ..console import console_for, harmless, short, table
from ..ctrl_c import plain_interrupt
from .query import text_or_file

Pick = JsonObject
HINT = "Enter accepts the ranking. Or type: ID (best), ID ID (best, worst), show ID, stop."


class Pause(TypedDict):
    """What the step `choose` says while it waits; of each candidate only what is shown here."""

    round: int
    chosen: str | None
    rejected: str | None
    candidates: list[Candidate]


def check_pick(state: StateSnapshot, pick: Pick) -> Pick:
    """Return the choice, if its ids exist; the graph cannot ask twice.

    Raises:
        InputError: there is no such candidate, both are the same, or `@FILE` cannot be read.
    """
    ids = [c["id"] for c in _paused(state)["candidates"]]
    for role in ("chosen", "rejected"):
        if pick.get(role) and pick[role] not in ids:
            raise InputError(
                f"there is no scored answer {pick[role]!r}; choose one of {', '.join(ids)}"
            )
    if pick.get("chosen") and pick.get("chosen") == pick.get("rejected"):
        raise InputError("the chosen and the rejected answer must be different")
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
                typed = read("> ").split()
        except (KeyboardInterrupt, EOFError):
            console_for().print()  # the terminal has shown the key on this line
            return None
        try:
            if typed[:1] == ["show"]:
                for c in paused["candidates"]:
                    if c["id"] in typed[1:]:
                        console_for().print(Text(harmless(c["text"])))
                continue
            return check_pick(state, read_pick(typed))
        except InputError as error:
            console_for().print(Text(str(error), "red"))


def read_pick(typed: Sequence[str]) -> Pick:
    """Read a reply: ids, `stop`, or nothing.

    Raises:
        InputError: more than two ids.
    """
    ids = [word for word in typed if word != "stop"]
    if len(ids) > 2:
        raise InputError(
            "type at most two ids: the answer to improve on, and the one to contrast it with"
        )
    pick: Pick = {"stop": "stop" in typed}
    pick.update(zip(("chosen", "rejected"), ids, strict=False))
    return pick


def _paused(state: StateSnapshot) -> Pause:
    value: Pause = state.interrupts[0].value
    return value


def _show_ranking(paused: Pause) -> None:
    console = console_for()
    made = table("id", "reward", "", right=("reward",))
    for c in paused["candidates"]:
        role = {paused["chosen"]: "chosen", paused["rejected"]: "rejected"}.get(c["id"], "")
        room = max(20, console.width - 32)
        text = Text(short(c["text"], room), no_wrap=True, overflow="ellipsis")
        made.add_row(c["id"], reward(c["reward"]), Text.assemble((f"{role:<9}", "green"), text))
    console.print(Text(f"Round {paused['round']}: which answer should be improved?", "bold"))
    console.print(made)
    console.print(Text(HINT, "dim"))
