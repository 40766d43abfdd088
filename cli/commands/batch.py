"""`tpo batch`: answer a file of prompts."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from ...core.make_context import make_context
from ...core.number_format import count, reward
from ...datasets.batch.folder import open_folder
from ...datasets.batch.metadata import made_with
from ...datasets.batch.running import Running
from ...datasets.rows.row_file import rows_of
from ...nodes.paid.run_models import GivenModels
from ..console import say
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
from ..output_mode import OutputMode


def run_batch(
    file: str, folder: str, retry_failed: bool, keep_runs: bool, settings: dict[str, object]
) -> int:
    """Check everything that can be checked for free, then run; return the exit code."""
    context = make_context(None, **settings).model_copy(update={"live": False})
    rows, given = rows_of(file).checked(), GivenModels(defaults=context)

    async def work() -> int:
        await check_settings(context, OutputMode())
        made = made_with(given, context, rows, "")
        async with open_folder(Path(folder), made, retry_failed=retry_failed) as opened:
            running = Running(rows, given, context, opened, keep_runs)
            async with aclosing(running.results()) as results:
                async for row in results:
                    say(f"{row['id']}: {row['error'] or reward(row['reward'])}")
            sums = opened.sums
        say(f"{count(sums.done, 'row')} answered, {sums.failed} failed: {folder}")
        return 1 if sums.failed else 0

    return run_interruptible(work())
