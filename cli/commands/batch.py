"""`tpo batch`: answer a file of prompts."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from ...core.login import without_login
from ...core.make_context import make_context
from ...core.number_format import count
from ...datasets.batch.at_work import AtWork
from ...datasets.batch.folder import read_results
from ...datasets.batch.opened import open_batch
from ...datasets.batch.plan import BatchPlan, Totals
from ...datasets.batch.running import CUT_SHORT
from ...datasets.cluster.opened import Cluster, open_on_cluster
from ...datasets.rows.formats import require_formats, write_format
from ...datasets.rows.row_file import Rows, rows_of
from ...nodes.paid.run_models import GivenModels
from ..console import say
from ..ctrl_c import run_interruptible
from ..find_models import check_settings
from ..output_mode import OutputMode
from ..screen.batch_beginning import tell_beginning
from ..screen.batch_report import reported
from ..screen.batch_watchers import watcher_of

FAILED, INTERRUPTED = 1, 130
LARGE, LONG = 500_000_000, 10.0  # bytes and seconds from which the check of a file is mentioned


def batch_plan(settings: Mapping[str, object], typed: Mapping[str, Any]) -> BatchPlan:
    """Return what was typed as a plan.

    Args:
        settings: Those of `Context`.
        typed: The other options; what was not typed is `None`.
    """
    totals = {name.removeprefix("total_"): typed[name] or 0 for name in typed if "total_" in name}
    return BatchPlan(
        given=GivenModels(),
        context=make_context(None, **settings),
        verify_field=typed["verify_field"] or "",
        totals=Totals(**totals),
        most_failed=typed["fail_on_error"],
        retry_failed=bool(typed["retry_failed"]),
        keep_runs=bool(typed["keep_runs"]),
        checkpoints=typed["checkpoints"] or "",
    )


def run_batch(
    file: str,
    folder: str,
    plan: BatchPlan,
    output: OutputMode,
    formats: Sequence[str] = (),
    cluster: Cluster | None = None,
) -> int:
    """Check everything that can be checked for free, then run; return the exit code."""
    require_formats(formats)
    with closing(rows_of(file)) as found:
        checked, rows = read_through(found, plan, output)
        code = run_interruptible(answer_rows(rows, checked, Path(folder), output, cluster))
        write_formats(formats, checked, Path(folder), output)
    return code


def read_through(found: Rows, plan: BatchPlan, output: OutputMode) -> tuple[BatchPlan, Rows]:
    """Check all rows, before the first one is paid for; say so if that takes long."""
    path, begun = Path(found.place), time.monotonic()
    if (size := path.stat().st_size if path.is_file() else 0) > LARGE and output.talks:
        say(f"reading {path} to check it ({size / 1e9:.1f} GB); nothing is paid for meanwhile")
    checked, rows = plan.checked(found)
    if (seconds := time.monotonic() - begun) > LONG and output.talks:
        say(f"{count(rows.count, 'row')} of {rows.place} checked in {seconds:.0f} s")
    return checked, rows


def write_formats(
    formats: Sequence[str], plan: BatchPlan, folder: Path, output: OutputMode
) -> None:
    """Write the answers in other forms too."""
    for name in formats:
        generator = f"tpo {without_login(plan.context.policy)}"
        written = write_format(name, read_results(folder), generator, folder)
        if output.talks:
            say(f"written: {written}")


@asynccontextmanager
async def opened(
    rows: Rows, plan: BatchPlan, folder: Path, output: OutputMode, cluster: Cluster | None
) -> AsyncIterator[AtWork]:
    """Open the batch, here or on a cluster, after checking what its settings name."""
    if cluster:  # whose nodes check it: keys and models are there
        if output.talks:
            say("connecting to Ray")
        with open_on_cluster(rows, plan, folder, cluster) as at_work:
            yield at_work
        return
    await check_settings(plan.context, output, rewards=not plan.own)
    async with open_batch(rows, plan, folder) as running:
        yield running


async def answer_rows(
    rows: Rows, plan: BatchPlan, folder: Path, output: OutputMode, cluster: Cluster | None = None
) -> int:
    """Answer the rows; return the exit code."""
    async with reported(folder), opened(rows, plan, folder, output, cluster) as running:
        if output.talks:
            tell_beginning(running, folder)
        try:
            watching = watcher_of(running, quiet=output.quiet, json=output.json)
            async with watching as watcher, aclosing(running.results()) as results:
                async for row in results:
                    watcher.ended(row)
        except asyncio.CancelledError:  # the rows under way are saved as far as they have come
            pass
        return end_of(running, folder, output)


def end_of(running: AtWork, folder: Path, output: OutputMode) -> int:
    """Say how a batch ended, and how it goes on; return the exit code."""
    sums, stopped = running.sums, running.stopped
    if output.json:
        told = {"folder": str(folder), "rows": running.rows.count, "stopped": stopped}
        print(json.dumps({**told, **sums.as_json()}, ensure_ascii=False))
    if stopped and output.talks:
        how = "" if stopped == CUT_SHORT else ", with a higher limit"
        say(f"{stopped}; everything paid for is saved. To go on{how}: {typed()}")
    elif sums.failed and output.talks:
        say(f"{count(sums.failed, 'row')} failed; to try again: {typed()} --retry-failed")
    allowed = (running.plan.most_failed or 0.0) * running.rows.count
    failed = FAILED if stopped or sums.failed > allowed else 0
    return INTERRUPTED if stopped == CUT_SHORT else failed


def typed() -> str:
    """Return the command as it was typed, without logins."""
    again = [one for one in sys.argv[1:] if one != "--retry-failed"]
    return without_login(shlex.join(["tpo", *again]))
