"""The one thread that local models work in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ...core.per_process import per_process
from ...core.user_code.time_limit import uncounted

T = TypeVar("T")
# One thread for all local models: a generation fills the device anyway, and random
# numbers belong to the whole process. Waiting requests hold no thread; a cancelled one
# never starts.
worker = per_process(lambda: ThreadPoolExecutor(1, thread_name_prefix="tpo-huggingface"))


async def by_worker(write: Callable[..., T], *args: object) -> T:
    """Have the worker write; the wait for it is not part of the request's time."""
    begun: Future[None] = Future()

    def begin() -> T:
        if begun.set_running_or_notify_cancel():
            begun.set_result(None)
        return write(*args)

    job = worker().submit(begin)
    try:
        async with uncounted():
            await asyncio.wrap_future(begun)
        return await asyncio.wrap_future(job)
    finally:
        job.cancel()
