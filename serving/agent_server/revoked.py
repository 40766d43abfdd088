"""A key that is revoked ends what it began: the runs under way, and those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..cancel_on_disconnect import cancel_task
from ..guard.api_keys import Keyring
from .worker import Worker

PAUSE = 1.0  # seconds between two looks; the file of keys is read again only if it has changed


def end_runs_of_strangers(worker: Worker, keyring: Keyring) -> None:
    """Stop the runs of people who may not come in any more; what was paid for stays saved."""
    for run_id, live in list(worker.live.items()):
        if not keyring.knows(live.run["owner"]):
            worker.stop(run_id)
    for owner, tasks in list(worker.run_limit.tasks.items()):
        for task in () if keyring.knows(owner) else list(tasks):
            task.cancel()


@asynccontextmanager
async def revoked_keys_end_runs(worker: Worker, keyring: Keyring) -> AsyncIterator[None]:
    """Look again and again, as long as the server runs."""

    async def look_forever() -> None:
        while True:
            end_runs_of_strangers(worker, keyring)
            await asyncio.sleep(PAUSE)

    looking = asyncio.create_task(look_forever())
    try:
        yield
    finally:
        await cancel_task(looking)
