"""`tpo compare`: run arms on a file of prompts, or take finished batches, and compare them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

from ...core.context import Context
from ...core.errors import ConfigError, InputError
from ...core.make_context import make_context
from ...datasets.batch.plan import BatchPlan
from ...datasets.batch.row_needs import needs_row
from ...datasets.batch.running import Running
from ...datasets.compare.acompare import Comparing
from ...datasets.compare.arm_folder import ARMS
from ...datasets.compare.arm_plan import DEFAULT_ARMS, arm_plans
from ...datasets.compare.arms_at_work import Told
from ...datasets.compare.comparing import Terms, compare_folders
from ...datasets.compare.comparison import Equal
from ...datasets.compare.written import COMPARISON, write_comparison
from ...datasets.records import RowResult
from ...datasets.rows.row_file import rows_of
from ...nodes.paid.run_models import GivenModels
from ...rewards.resolve import resolve_reward
from ..console import say
from ..ctrl_c import run_interruptible
from ..find_models import check_settings, tell_of_rewards
from ..input.typed_arms import read_arms_typed
from ..output_mode import OutputMode
from ..report.comparison import show_comparison
from ..screen.batch_watchers import failure_line, watcher_of
from .batch import INTERRUPTED, typed


@dataclass(frozen=True)
class TypedComparison:
    """What was typed.

    Attributes:
        settings: What all arms have in common.
        arms: How each differs, as it was typed.
        heldout: Specs of rewards that steer nothing.
        judge: The spec of a model that compares answers.
        verify_field: The column that verifiers are given.
        checkpoints: The address of a PostgreSQL database for the rows under way, or "".
        json: Whether one JSON object is printed and nothing else.
        quiet: Whether progress is not shown.
        failures: What was said of rows that failed: they fail alike in every arm.
    """

    settings: dict[str, object]
    arms: Sequence[str]
    heldout: Sequence[str]
    judge: str | None
    verify_field: str
    checkpoints: str
    json: bool
    quiet: bool
    failures: set[str] = field(default_factory=set)

    def compare(
        self,
        sources: Sequence[str],
        finished: Sequence[str],
        output: str | None,
        terms: tuple[str, str, str],
    ) -> int:
        """Compare finished batches, or run the arms first; return the exit code."""
        how = Terms(equal_of(terms[0]), *terms[1:])
        if finished:
            return self.compare_finished([*finished, *sources], output, how)
        if len(sources) != 1 or not output:
            raise InputError(
                "give one file of prompts and a folder: tpo compare FILE -o DIR; or finished "
                "batches: tpo compare --from DIR DIR"
            )
        return run_interruptible(self.compare_rows(sources[0], Path(output), how))

    def compare_finished(self, folders: Sequence[str], output: str | None, terms: Terms) -> int:
        """Compare batch folders, without a call."""
        found = compare_folders(folders, terms)
        show_comparison(found, as_json=self.json)
        inner = folders[0] if len(folders) == 1 and (Path(folders[0]) / ARMS).is_dir() else None
        if place := output or inner:
            say(f"written: {write_comparison(found, Path(place))}")
        return 0

    async def compare_rows(self, file: str, folder: Path, terms: Terms) -> int:
        """Run the arms on a file of prompts, and compare them."""
        arms = read_arms_typed(self.arms) or DEFAULT_ARMS
        context = make_context(None, **self.settings)
        common = BatchPlan(GivenModels(), context, self.verify_field, checkpoints=self.checkpoints)
        await self.check([arm.plan.context for arm in arm_plans(arms, common)], context.policy)
        work = Comparing(arms, common, terms, self.heldout, self.judge, self.watching)
        try:
            with closing(rows_of(file)) as rows:
                found = await work.run(rows, folder)
        except asyncio.CancelledError:  # the rows under way are saved as far as they have come
            say(f"interrupted; everything paid for is saved. To go on: {typed()}")
            return INTERRUPTED
        show_comparison(found, as_json=self.json)
        say(f"written: {folder / COMPARISON}")
        return 0

    async def check(self, contexts: Sequence[Context], judge: str) -> None:
        """Refuse a model or a held-out reward that is not there, before anything is paid."""
        for context in contexts:
            await check_settings(context, OutputMode(self.json, self.quiet), rewards=False)
        for spec in self.heldout:
            if not needs_row(spec):
                resolve_reward(spec, policy=judge)
        if not self.quiet:
            tell_of_rewards(contexts)

    @asynccontextmanager
    async def watching(self, name: str, running: Running) -> AsyncIterator[Told]:
        """Say which arm begins, and show how far it is."""
        quiet = self.quiet or running.rows_before >= running.rows.count
        if not quiet:
            say(f"{name}:")
        async with watcher_of(running, quiet=quiet, json=self.json) as watcher:

            def ended(row: RowResult) -> None:
                """Show a row, unless it failed like this in an arm before."""
                if row["error"]:
                    if (line := failure_line(row)) in self.failures:
                        return
                    self.failures.add(line)
                watcher.ended(row)

            yield ended


def equal_of(text: str) -> Equal:
    """Return what arms are to get the same of.

    Raises:
        ConfigError: it is something else.
    """
    if text not in get_args(Equal):
        raise ConfigError(f"--equal {text}: take one of {', '.join(get_args(Equal))}")
    return cast("Equal", text)
