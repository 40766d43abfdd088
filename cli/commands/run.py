"""`tpo run`: a new run."""

from __future__ import annotations

from ...core.make_context import make_context
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
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
    settings: dict[str, object],
) -> int:
    """Check everything that can be checked for free, then run.

    Returns:
        The exit code.
    """
    context = make_context(None, **settings)
    turns = read_query(prompt, system, messages)

    async def work() -> int:
        await check_settings(context, output)
        async with new_run(db, context) as run:
            return await run_graph(run, {"messages": turns}, output)

    return run_interruptible(work())
