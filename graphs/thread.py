"""A saved thread that `align` is called on: whether it is free, and what of it is unfinished."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from langchain_core.messages import AIMessage, AnyMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langgraph.constants import START
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.types import StateSnapshot

from ..core.conversation import read_conversation
from ..core.errors import InputError
from ..core.remove_messages import refuse_unknown_removals
from ..core.state import InputState
from .is_over import is_over
from .loop import TPOApp

SHOWN_CHARS = 60
# Which threads are under way in this process: a second run on one would write into the first.
_under_way: set[tuple[int, str]] = set()
_lock = threading.Lock()


@contextmanager
def alone_on(saver: object, thread_id: str) -> Iterator[None]:
    """Keep a thread for one run of this process.

    Raises:
        InputError: another run is under way on it.
    """
    place = (id(saver), thread_id)  # the caller holds the saver, so its id is not used again
    with _lock:
        if place in _under_way:
            raise InputError(
                f"a run is under way on the thread {thread_id!r}: wait for it, or give this prompt "
                "another thread_id"
            )
        _under_way.add(place)
    try:
        yield
    finally:
        with _lock:
            _under_way.discard(place)


async def next_input(app: TPOApp, thread: RunnableConfig, given: InputState) -> InputState | None:
    """Return what to run a thread with: the input, or `None` to go on with an unfinished run.

    Args:
        app: The graph, with its saver.
        thread: Names the thread.
        given: The messages and drafts of the call.

    Raises:
        InputError: the thread waits for the answer to something else, or does not hold what a
            message asks to remove. Nothing was saved.
    """
    saved = await app.aget_state(thread)
    name, past = thread["configurable"]["thread_id"], saved.values.get("messages") or []
    if saved.interrupts:
        raise InputError(
            f"the thread {name!r} waits for a person's choice: resume it with build_tpo(...) and "
            "Command(resume=...), or take another thread_id"
        )
    if lacks_last_checkpoint(saved) and not repeats(past[:-1], given["messages"]):
        saved = await with_last_checkpoint(app, thread)
    if not is_unfinished(saved) or gives_up(past, given["messages"]):
        refuse_unknown_removals(given["messages"], [message.id for message in past])
        return given
    if lacks_last_checkpoint(saved) or repeats(past, given["messages"]):
        return None
    raise InputError(
        f"the thread {name!r} holds an unfinished run "
        f"({read_conversation(past).query[:SHOWN_CHARS]!r}): give its prompt again to go on with "
        "it, which pays for nothing twice, or take another thread_id. "
        f"RemoveMessage({past[-1].id!r}) before another prompt gives it up"
    )


def is_unfinished(saved: StateSnapshot) -> bool:
    """Tell whether something was paid for a run that has not ended: not before its first step."""
    return not is_over(saved) and saved.next != (START,)


def lacks_last_checkpoint(saved: StateSnapshot) -> bool:
    """Tell whether a run has its answer, and was cut off before the checkpoint that holds it."""
    last = (saved.values.get("messages") or [None])[-1]
    return [task.name for task in saved.tasks] == ["finish"] and isinstance(last, AIMessage)


async def with_last_checkpoint(app: TPOApp, thread: RunnableConfig) -> StateSnapshot:
    """Save the last checkpoint of such a run, as a new input would lose its answer."""
    await app.ainvoke(None, thread)
    return await app.aget_state(thread)


async def state_so_far(app: TPOApp, thread: RunnableConfig) -> dict[str, object]:
    """Return the state of a run that has failed; of the turn before it, only the messages."""
    values: dict[str, object] = (await app.aget_state(thread)).values
    ended = values.get("stop_reason")  # this run has not, so it has written nothing yet
    return {"messages": values["messages"]} if ended else values


def gives_up(past: Sequence[AnyMessage], messages: Sequence[AnyMessage]) -> bool:
    """Tell whether messages remove the last one of a thread, which waits for its answer."""
    removed = {m.id for m in messages if isinstance(m, RemoveMessage)}
    return bool(removed & {*(m.id for m in past[-1:]), REMOVE_ALL_MESSAGES})


def repeats(past: Sequence[AnyMessage], messages: Sequence[AnyMessage]) -> bool:
    """Tell whether a thread ends with these messages."""
    new = [(m.type, m.content) for m in messages if not isinstance(m, RemoveMessage)]
    return [(m.type, m.content) for m in past[-len(new) :]] == new
