"""Run a session to its end, a person's turn, or an interruption; then print the result."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.types import Command, StateSnapshot

from ..core.conversation import read_conversation
from .console import say
from .input.pick import ask_person
from .interrupt import Interrupted, remember_run
from .report.result import print_result, result_of
from .saved.session import Session
from .screen.prime import new_view, saved_view
from .style import Style

WAITING = 3  # exit code: a person is to choose
Given = dict[str, list[BaseMessage]] | Command[Any] | None


async def conduct(session: Session, given: Given, style: Style) -> int:
    """Run until the end, and return the exit code.

    Args:
        session: The run.
        given: Its input; `None` to go on; a `Command` with a person's choice.
        style: How to show it.

    Raises:
        TPOError: it failed; what was paid for is saved.
        Interrupted: by Ctrl-C; likewise.
    """
    while True:
        try:
            await _stream(session, given, style)
        except (asyncio.CancelledError, BrokenPipeError):  # or whoever reads us has left
            raise Interrupted(await _saved(session)) from None
        except Exception as error:
            remember_run(error, await _saved(session))
            raise
        state = await session.state()
        if not state.interrupts:
            break
        pick = ask_person(state) if _can_ask(style) else None
        if pick is None:
            if style.json:
                finish(session, state, style)
            say(_waiting(session))
            return WAITING
        given = Command(resume={state.interrupts[0].id: pick})
    return finish(session, state, style)


def finish(session: Session, state: StateSnapshot, style: Style) -> int:
    """Print the result in the style asked for; return the exit code."""
    if style.json:
        print(json.dumps(result_of(session, state), ensure_ascii=False, indent=2))  # noqa: T201
    elif not style.events:
        print_result(session, state, style.talks)
    return 0


async def _stream(session: Session, given: Given, style: Style) -> None:
    if isinstance(given, dict):
        query = read_conversation(given["messages"]).query  # type: ignore[arg-type]
        view = new_view(session.context, query)
    else:
        saved = await session.saved()
        view = saved_view(session.context, await session.state(), saved)
    with style.watcher(view) as watch:
        live = session.context.live and watch.wants_text
        async for part in session.app.astream(
            given,
            session.config,
            context=session.context.model_copy(update={"live": live}),
            stream_mode="custom",
            version="v2",
            durability="sync",
        ):
            watch(part["data"])  # type: ignore[arg-type]


async def _saved(session: Session) -> str | None:
    """Return the id to resume by, if anything is saved under it."""
    saved = await session.saved()
    return session.id if saved else None


def _can_ask(style: Style) -> bool:
    plain = not (style.json or style.quiet or style.events)
    return plain and sys.stdin.isatty() and sys.stdout.isatty()


def _waiting(session: Session) -> str:
    return (
        "waiting for a person to choose; see the answers with "
        f"`tpo show {session.id}`, then: tpo resume {session.id} --pick r0c0 "
        "[--reject r0c1] [--stop]"
    )
