"""One part of a batch: run in its folder, from where another process has left it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...core.context import Context
from ...core.json_types import JsonObject
from ...core.usage import Cost
from ...models.policy import resolve_policy
from ...models.prices.of_run import priced_context
from ...models.several_policies import policies_of
from ...prompts.prompt_set import prompt_set
from ...rewards.resolve import resolve_reward
from ..batch.alone import FolderInUseError
from ..batch.folder import Folder, open_folder
from ..batch.plan import BatchPlan
from ..batch.row_needs import given_rewards, needs_row
from ..batch.running import Running
from ..batch.sqlite_rows import SqliteRows
from ..batch.sums import Sums
from .parts import read_part

LOOK = 0.2  # seconds between two looks at a folder that another process holds
LOCAL = ("embedded:", "huggingface:")  # loading them only to see that they load takes long
PATIENCE = 180.0  # seconds: a file server frees the locks of a dead machine after a minute or two


def nothing_said() -> str:
    """Say that nothing ends a part early."""
    return ""


@dataclass(frozen=True)
class PartPlan(BatchPlan):
    """What a part is to do; whether it ends early is decided for all parts together.

    Attributes:
        asks: Returns why nothing more is sent, or "".
    """

    asks: Callable[[], str] = field(default=nothing_said, repr=False)

    def ends_early(self, spent: Cost, seconds: float, sums: Sums, rows: int) -> str:
        """Return what all parts are told."""
        return self.asks()


@dataclass(frozen=True)
class Recipe:
    """What actors are to do with rows; checked where the batch began.

    Attributes:
        plan: The plan of the batch, with this actor's share of the requests in flight.
        made_with: What must be the same for a folder to go on.
    """

    plan: BatchPlan
    made_with: JsonObject

    async def check_here(self) -> None:
        """Check that this machine has what the models and rewards need, local models aside.

        Raises:
            TPOError: a key, a price, a package or a function is missing, or it is not allowed.
        """
        given, context = self.plan.given, self.plan.context
        prompt_set(context.prompts if given.prompts is None else given.prompts)
        critic = given.critic or context.critic
        policies = policies_of(given.policy, given.policies, context)
        asked = [
            await resolve_policy(one)
            for one in ([*policies, critic] if critic else policies)
            if not (isinstance(one, str) and one.startswith(LOCAL))
        ]
        if asked:
            self.plan.totals.require_prices(priced_context(context, *asked).price, *asked)
        for reward in given_rewards(given, context).values():
            if reward is not None and not needs_row(reward):
                resolve_reward(reward, policy="embedded:")

    def part_plan(self, asks: Callable[[], str]) -> PartPlan:
        """Return the plan of a part."""
        return PartPlan(**vars(self.plan), asks=asks)


def recipe_of(plan: BatchPlan, made_with: JsonObject, actors: int) -> Recipe:
    """Return what each of some actors is to do; they share the limit of requests in flight."""
    share = plan.context.max_concurrency // actors
    context: Context = plan.context.model_copy(update={"max_concurrency": share})
    return Recipe(replace(plan, context=context), made_with)


@asynccontextmanager
async def free_folder(
    path: Path, made_with: JsonObject, patience: float = PATIENCE, checkpoints: str = ""
) -> AsyncIterator[Folder]:
    """Open a part's folder, once the process that has held it is gone.

    Raises:
        FolderInUseError: it is still there after this many seconds.
        TPOError: as `open_folder`.
    """
    end = time.monotonic() + patience
    async with AsyncExitStack() as stack:
        while True:
            try:
                folder = await stack.enter_async_context(
                    open_folder(path, made_with, checkpoints=checkpoints)
                )
                break
            except FolderInUseError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(LOOK)
        # Another machine is to find what was saved here, even if this one loses its power.
        if isinstance(folder.saver, SqliteRows):
            folder.saver.conn.execute("PRAGMA synchronous = FULL")
        yield folder


async def run_part(
    path: Path, recipe: Recipe, asks: Callable[[], str], begins: Callable[[Running], None]
) -> None:
    """Run a part, or what is left of it.

    Args:
        path: Its folder.
        recipe: What to do.
        asks: Returns why nothing more is sent, or "".
        begins: Is called with the part at work.

    Raises:
        TPOError: the folder cannot be used, say. A row that fails is a row with its reason.
    """
    rows = read_part(path)
    where = recipe.plan.checkpoints
    async with free_folder(path, recipe.made_with, checkpoints=where) as folder:
        running = Running(recipe.part_plan(asks), rows, folder)
        begins(running)
        async with aclosing(running.results()) as results:
            async for _ in results:
                pass
