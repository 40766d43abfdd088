"""The pool has the same order at every checkpoint, in every saver, before and after a resume."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from patience import until
from synthetic_run import Run, cancel, outcome, whole

WIDTH = 6
PLACES = [(r, i) for r in range(3) for i in range(WIDTH)]


async def backwards(number: int) -> None:
    """Let requests sent together finish in the reverse of their order."""
    await asyncio.sleep(0.03 - 0.003 * (number % 10))


class WithoutPath(InMemorySaver):
    """A saver from before savers were told where in its step a task stands."""

    async def aput_writes(self, config: Any, writes: Any, task_id: str) -> None:  # type: ignore[override]
        await super().aput_writes(config, writes, task_id)


async def assert_in_order(run: Run, config: Any, final: list[Any], every: bool = True) -> None:
    """Check the pool at every checkpoint of the run against the final one."""
    assert [(c["round"], c["index"]) for c in final] == PLACES
    states = [state async for state in run.app.aget_state_history(config)]
    pools = [state.values.get("candidates", []) for state in states]
    assert pools[0] == final
    for pool in pools:
        same = [(c["id"], c["text"], c["round"], c["index"]) for c in final[: len(pool)]]
        assert [(c["id"], c["text"], c["round"], c["index"]) for c in pool] == same
    lengths = {len(pool) for pool in pools}
    assert lengths == {0, WIDTH, 2 * WIDTH, 3 * WIDTH} if every else len(pools) > 1


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_every_checkpoint_has_the_order(saver, config, sampling):
    run = Run(saver, backwards, width=WIDTH, sampling=sampling)
    result = await run.start(config)
    await assert_in_order(run, config, result["candidates"])
    reader = Run(saver)  # knows the run from the saver only
    await assert_in_order(reader, config, result["candidates"])


@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_a_resumed_run_has_it_too(saver, config, durability):
    await _break_off_and_resume(saver, config, durability)


@pytest.mark.parametrize("durability", ["async", "exit"])
async def test_a_saver_that_stores_no_task_path_has_it_too(config, durability):
    saver = WithoutPath()
    await _break_off_and_resume(saver, config, durability)
    stored = [path for writes in saver.writes.values() for *_, path in writes.values()]
    assert set(stored) == {""}


async def _break_off_and_resume(saver: Any, config: Any, durability: str) -> None:
    expected, _ = await whole(width=WIDTH)
    run = Run(saver, backwards, width=WIDTH)
    broken = asyncio.create_task(run.start(config, durability=durability))
    await until(lambda: len(run.model.asked) == 2 * WIDTH + 2)
    await asyncio.sleep(0.02)  # some of the updates are there, some are not
    await cancel(broken)
    result = await run.resume(config, durability=durability)
    assert outcome(result) == expected
    await assert_in_order(run, config, result["candidates"], every=durability != "exit")
