"""`tpo batch`: answer a file of prompts."""

from __future__ import annotations

from contextlib import aclosing, closing
from pathlib import Path

from ...core.number_format import count, reward
from ...datasets.batch.plan import Plan
from ...datasets.batch.running import open_batch
from ...datasets.rows.row_file import rows_of
from ..console import say
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
from ..output_mode import OutputMode


def run_batch(file: str, folder: str, plan: Plan) -> int:
    """Check everything that can be checked for free, then run; return the exit code."""
    with closing(rows_of(file)) as found:
        checked, rows = plan.checked(found)

        async def work() -> int:
            await check_settings(checked.context, OutputMode())
            async with open_batch(rows, checked, Path(folder)) as running:
                async with aclosing(running.results()) as results:
                    async for row in results:
                        say(f"{row['id']}: {row['error'] or reward(row['reward'])}")
                sums = running.sums
            say(f"{count(sums.done, 'row')} answered, {sums.failed} failed: {folder}")
            return 1 if sums.failed or running.stopped else 0

        return run_interruptible(work())
