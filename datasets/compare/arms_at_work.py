"""Running the arms of a comparison: the shared first samples, then one batch for each arm."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...core.errors import InputError
from ...rewards.resolve import resolve_reward
from ..batch.metadata import read_metadata
from ..batch.opened import open_batch
from ..batch.plan import BatchPlan
from ..batch.row_rewards import given_rewards
from ..batch.running import Running
from ..records import METADATA, RowPool, RowResult
from ..rows.row_file import Rows
from .arm_folder import ARMS, FIRST, Arm, read_arm, read_pools
from .arm_plan import ArmPlan, first_plan
from .comparison import Equal
from .drafted_rows import drafted_rows
from .equal_width import equal_width

Told = Callable[[RowResult], None]
Watching = Callable[[str, Running], AbstractAsyncContextManager[Told]]
"""Is given the name of an arm and its batch, and returns what is told of each row that ends."""


@asynccontextmanager
async def unwatched(name: str, running: Running) -> AsyncIterator[Told]:
    """Watch nothing."""

    def told(row: RowResult) -> None:
        """Say nothing."""

    yield told


@dataclass
class ArmsAtWork:
    """Arms that are to be run on the same rows.

    Attributes:
        rows: The rows, read once.
        common: What the arms have in common.
        arms: The arms.
        folder: Where everything is written; a call that was stopped goes on there.
        equal: What the arms get the same of.
        watching: Who watches.
        first: The pools of the shared first samples, once they are drawn.
    """

    rows: Rows
    common: BatchPlan
    arms: Sequence[ArmPlan]
    folder: Path
    equal: Equal = "tokens"
    watching: Watching = unwatched
    first: Mapping[str, RowPool] = field(default_factory=dict, init=False)

    async def run(self) -> list[Arm]:
        """Run what is missing, and return all arms in their order.

        Best-of-N without a width comes last: it is as wide as the searches have spent.

        Raises:
            InputError: the folder was begun with something else.
            TPOError: see `tpo.core.errors`.
        """
        self.require_sound()
        await self.sample_first()
        self.first = read_pools(self.folder / FIRST)
        done: dict[str, Arm] = {}
        for arm in sorted(self.arms, key=lambda one: one.widens):
            searches = [done[one.name] for one in self.arms if one.searches and one.name in done]
            wide = self.widened(arm, searches) if arm.widens and searches else arm
            done[arm.name] = await self.run_arm(wide)
        return [done[arm.name] for arm in self.arms]

    def require_sound(self) -> None:
        """Refuse rows, settings and rewards that cannot be right, before anything is paid.

        Raises:
            InputError: a row cannot be answered.
            ConfigError: a setting or a reward cannot be right.
        """
        for arm in self.arms:
            plan, _ = arm.plan.checked(self.rows)
            if not plan.own:
                for reward in given_rewards(plan.given, plan.context).values():
                    if reward is not None:  # any policy will do, as in `GivenModels.checked`
                        resolve_reward(reward, policy="embedded:")

    async def sample_first(self) -> None:
        """Draw the first samples, once for all arms that share them."""
        shared = [arm.plan.context.width for arm in self.arms if arm.shares and not arm.widens]
        sharing = [arm for arm in self.arms if arm.shares]
        if len(sharing) < 2:
            return
        width = self.width_of(FIRST) or min(shared, default=self.common.context.width)
        await self.answer(FIRST, first_plan(self.common, width), self.rows)

    async def run_arm(self, arm: ArmPlan) -> Arm:
        """Run one arm, with the first samples as drafts if it shares them."""
        first = self.first if arm.shares else {}
        rows = drafted_rows(self.rows, first, arm.plan.context.width)
        place = f"{ARMS}/{arm.name}"
        await self.answer(place, arm.plan, rows)
        return read_arm(arm.name, self.folder / place, first)

    def widened(self, arm: ArmPlan, searches: Sequence[Arm]) -> ArmPlan:
        """Return best-of-N with the width it was begun with, or that the searches call for."""
        width = self.width_of(f"{ARMS}/{arm.name}")
        first = self.first or searches[0].pools
        return arm.with_width(
            width or equal_width(first, searches, self.equal, arm.plan.context.width)
        )

    def width_of(self, place: str) -> int | None:
        """Return the width that a batch was begun with, if it was."""
        about = read_metadata(self.folder / place / METADATA) or {}
        width: int | None = about.get("settings", {}).get("width")
        return width

    async def answer(self, place: str, plan: BatchPlan, rows: Rows) -> None:
        """Run one batch to its end.

        Raises:
            InputError: it ended early, so that there is nothing to compare yet.
        """
        checked, read = plan.checked(rows)
        async with open_batch(read, checked, self.folder / place) as running:
            watching = self.watching(place.rpartition("/")[2], running)
            async with watching as told, aclosing(running.results()) as results:
                async for row in results:
                    told(row)
        if running.stopped:
            raise InputError(f"{place} ended early: {running.stopped}; the same call goes on")
