"""`tpo batch`: answer a file of prompts."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from contextlib import aclosing, closing
from pathlib import Path

from ...core.login import without_login
from ...core.number_format import count
from ...datasets.batch.plan import Plan
from ...datasets.batch.running import CUT_SHORT, Running, open_batch
from ...datasets.rows.row_file import Rows, rows_of
from ..console import say
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
from ..output_mode import OutputMode
from ..screen.batch_watchers import watcher_of

FAILED, INTERRUPTED = 1, 130


def run_batch(file: str, folder: str, plan: Plan, output: OutputMode) -> int:
    """Check everything that can be checked for free, then run; return the exit code."""
    with closing(rows_of(file)) as found:
        checked, rows = plan.checked(found)
        return run_interruptible(answer_rows(rows, checked, Path(folder), output))


async def answer_rows(rows: Rows, plan: Plan, folder: Path, output: OutputMode) -> int:
    """Answer the rows; return the exit code."""
    await check_settings(plan.context, output, rewards=not plan.own)
    async with open_batch(rows, plan, folder) as running:
        if running.rows_before and output.talks:
            say(f"{count(running.rows_before, 'row')} of {rows.count:,} were done before")
        try:
            watching = watcher_of(running, quiet=output.quiet, json=output.json)
            async with watching as watcher, aclosing(running.results()) as results:
                async for row in results:
                    watcher.ended(row)
        except asyncio.CancelledError:  # the rows under way are saved as far as they have come
            pass
        return end_of(running, folder, output)


def end_of(running: Running, folder: Path, output: OutputMode) -> int:
    """Say how a batch ended, and how it goes on; return the exit code."""
    sums, stopped = running.sums, running.stopped
    if output.json:
        told = {"folder": str(folder), "rows": running.rows.count, "stopped": stopped}
        print(json.dumps({**told, **sums.as_json()}, ensure_ascii=False))
    if stopped and output.talks:
        say(f"{stopped}; everything paid for is saved. To go on: {typed()}")
    elif sums.failed and output.talks:
        say(f"{count(sums.failed, 'row')} failed; to try again: {typed()} --retry-failed")
    if stopped == CUT_SHORT:
        return INTERRUPTED
    allowed = (running.plan.most_failed or 0.0) * running.rows.count
    return FAILED if stopped or sums.failed > allowed else 0


def typed() -> str:
    """Return the command as it was typed, without logins."""
    again = [one for one in sys.argv[1:] if one != "--retry-failed"]
    return without_login(shlex.join(["tpo", *again]))
