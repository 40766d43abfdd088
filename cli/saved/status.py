"""What a saved state says of its run: its status, its query, whether it is over."""

from __future__ import annotations

from typing import Literal, cast

from langgraph.types import StateSnapshot

from ...core.conversation import read_conversation
from ...core.errors import InputError
from ...core.pool import by_id
from ...core.state import Candidate, State
from ...graphs.is_over import is_over
from .lock import is_locked
from .saved_run import SavedRun

Status = Literal["finished", "stopped", "waiting", "running", "failed", "interrupted"]


def status_of(run: SavedRun, state: StateSnapshot) -> Status:
    """Return the status of a run."""
    if state.interrupts:
        return "waiting"
    if is_over(state):
        return "finished" if state.values.get("stop_reason") == "depth" else "stopped"
    if run.store.at_work or is_locked(run.store.path, run.id):
        return "running"
    # A step that Ctrl-C cancelled is saved as an error too, and read back as Python shows it.
    names = {str(task.error).partition("(")[0] for task in state.tasks if task.error}
    return "failed" if names - {"CancelledError"} else "interrupted"


def values_of(state: StateSnapshot) -> State:
    """Return the channels of a state, typed."""
    return cast("State", state.values)


def find_candidate(values: State, name: str, place: str = "") -> Candidate:
    """Return a candidate by its id.

    Args:
        values: The channels of a state.
        name: The id.
        place: What the message adds when there is none: where it was looked for.

    Raises:
        InputError: there is none; the message lists those that there are.
    """
    pool = values.get("candidates") or []
    found = by_id(pool, name)
    if found is None:
        ids = ", ".join(c["id"] for c in pool)
        known = f"choose one of {ids}" if ids else "the run has none yet"
        raise InputError(f"there is no answer {name!r}{place}; {known}")
    return found


def text_of(candidate: Candidate) -> str:
    """Return a candidate's text; a run killed at the wrong moment may lack it until resumed."""
    return candidate.get("text") or ""


def query_of(state: StateSnapshot) -> str:
    """Return what was asked."""
    messages = values_of(state).get("messages") or []
    # The last message of a finished run is the answer.
    turns = messages[:-1] if is_over(state) else messages
    return read_conversation(turns).query if turns else ""
