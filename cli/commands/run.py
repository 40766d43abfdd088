"""`tpo run`: a new run."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage

from ...core.context import Context
from ...core.settings import make_context
from ..conduct import conduct
from ..input.query import read_query
from ..parts import check_parts
from ..saved.claim import claim
from ..saved.session import Session, new_id
from ..saved.store import open_store, store_path
from ..signals import run_interruptible
from ..style import Style


def start(
    prompt: str | None,
    system: str | None,
    messages: str | None,
    db: str | None,
    style: Style,
    knobs: dict[str, Any],
) -> int:
    """Check everything that can be checked for free, then run.

    Returns:
        The exit code.
    """
    context = make_context(None, **knobs)
    return run_interruptible(_run(read_query(prompt, system, messages), context, db, style))


async def _run(turns: list[BaseMessage], context: Context, db: str | None, style: Style) -> int:
    await check_parts(context, style)
    async with open_store(store_path(db), create=True) as store:
        session = Session(store, new_id(), context)
        with claim(store.path, session.id):
            return await conduct(session, {"messages": turns}, style)
