"""Who waits for a run: people take turns, and one whose key is revoked waits no longer."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from tpo.serving.agent_server.revoked import end_runs_of_strangers
from tpo.serving.guard.accounts import Accounts
from tpo.serving.guard.api_keys import Keyring
from tpo.serving.guard.callers import Caller, KeyLimits
from tpo.serving.guard.key_records import new_key
from tpo.serving.guard.keys_file import KeysFile, write_keys
from tpo.serving.guard.run_limit import RunLimit


async def order_of(limit: RunLimit, *owners: str) -> list[str]:
    """Let runs of people wait in this order, and return the order in which they begin."""
    begun: list[str] = []

    async def run(owner: str, number: int) -> None:
        with await limit.wait(owner):
            begun.append(f"{owner}{number}")
            await asyncio.sleep(0)

    await asyncio.gather(*(run(owner, number) for number, owner in enumerate(owners)))
    return begun


async def test_many_runs_of_one_person_do_not_hold_up_another():
    assert await order_of(RunLimit(1), *["ann"] * 4, "bob", "cleo", "bob") == [
        "ann0", "bob4", "cleo5", "ann1", "bob6", "ann2", "ann3",
    ]  # fmt: skip


async def test_who_may_not_run_more_holds_up_nobody_and_all_places_are_used():
    one_at_a_time = Caller("ann", "user", KeyLimits(max_concurrent=1))
    people = {"ann": one_at_a_time, "bob": Caller("bob")}
    begun = await order_of(RunLimit(2, Accounts(people.__getitem__, 2)), "ann", "ann", "bob", "bob")
    assert sorted(begun[:2]) == ["ann0", "bob2"]
    assert len(begun) == 4


async def test_a_run_that_is_cancelled_while_it_waits_leaves_its_turn():
    limit = RunLimit(1)
    slot = await limit.wait("ann")
    gone, stays = (asyncio.create_task(limit.wait(owner)) for owner in ("bob", "cleo"))
    await asyncio.sleep(0)
    gone.cancel()
    slot.free()
    (await stays).free()
    assert limit.running == 0


async def test_the_runs_of_a_revoked_key_end(tmp_path):
    records = [new_key(name, "user", KeyLimits(), by_header=False)[0] for name in ("ann", "bob")]
    write_keys(tmp_path / "keys.json", records)
    keyring, stopped = Keyring(file=KeysFile(tmp_path / "keys.json")), list[str]()
    tasks = {name: asyncio.create_task(asyncio.sleep(60)) for name in ("ann", "bob", "")}
    live = {name: SimpleNamespace(run={"owner": name}) for name in tasks}
    limit = SimpleNamespace(tasks={name: {task} for name, task in tasks.items()})
    worker: Any = SimpleNamespace(live=live, run_limit=limit, stop=stopped.append)
    end_runs_of_strangers(worker, keyring)
    assert stopped == []
    write_keys(tmp_path / "keys.json", records[1:])
    end_runs_of_strangers(worker, keyring)
    await asyncio.wait({tasks["ann"]})
    assert stopped == ["ann"]
    assert [tasks[name].cancelled() for name in tasks] == [True, False, False]
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(set(tasks.values()))
