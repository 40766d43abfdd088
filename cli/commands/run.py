"""`tpo run`: a new run."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage

from ...core.context import Context
from ...core.settings import make_context
from ..check_settings import check_settings
from ..ctrl_c import run_interruptible
from ..input.query import read_query
from ..output_mode import OutputMode
from ..run_graph import run_graph
from ..saved.saved_run import new_run


def start(
    prompt: str | None,
    system: str | None,
    messages: str | None,
    db: str | None,
    output: OutputMode,
    settings: dict[str, Any],
) -> int:
    """Check everything that can be checked for free, then run.

    Returns:
        The exit code.
    """
    context = make_context(None, **settings)
    return run_interruptible(_run(read_query(prompt, system, messages), context, db, output))


async def _run(
    turns: list[BaseMessage], context: Context, db: str | None, output: OutputMode
) -> int:
    await check_settings(context, output)
    async with new_run(db, context) as run:
        return await run_graph(run, {"messages": turns}, output)
