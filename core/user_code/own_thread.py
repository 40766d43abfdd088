"""Threads for code that may block or never return: its own, never those of an event loop.

A thread that hangs keeps nobody waiting: not the next call, not another run, not the end of the
process. It cannot be ended, so it is left behind; how many of one owner's may hang is limited.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar, copy_context
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from ..errors import UserCodeError, evidence
from .contain import passes
from .thread_turns import ThreadCall

T = TypeVar("T")


class OwnThread:
    """One thread, for one call after the other; it ends with the process, or when it is closed.

    Example:
        >>> thread = OwnThread()
        >>> await thread.call(len, "four")  # doctest: +SKIP
        4
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        threading.Thread(target=self._work, name="tpo-own", daemon=True).start()

    async def call(self, function: Callable[..., T], *args: object) -> T:
        """Call a function there, in a copy of this context.

        Raises:
            UserCodeError: it raised what would end more than its call.
            Exception: any other that it raised.
        """
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()  # who gives up waiting does not disturb the thread
        context = copy_context()
        self._jobs.put(lambda: context.run(settle, done, partial(function, *args)))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """End the thread after what it is at."""
        self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            job()


def settle(done: Future[T], function: Callable[[], T]) -> None:
    """Call a function, and give a future what it returns or raises."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001  whatever it is, the thread lives on
        harmless = isinstance(error, Exception) and passes(error)
        done.set_exception(error if harmless else UserCodeError(evidence(error)))
    else:
        done.set_result(result)


# In how many of these calls this code is. Each depth has threads of its own: else calls that make
# further calls, as a reward that runs `tpo.align` does, could take all threads and wait for one.
_depth: ContextVar[int] = ContextVar("tpo_thread_depth", default=0)


async def in_own_thread(owner: object, function: Callable[..., T], *args: object) -> T:
    """Call a function that may block, in a thread of its own.

    The wait for a thread does not count for a `TimeLimit`. A call that is cancelled is left behind.

    Args:
        owner: Whose code it is: each has its own threads, and its own calls left behind.
        function: What to call.
        args: What with.

    Raises:
        UserCodeError: it raised what would end more than its call, or too many earlier calls of
            this owner hang.
        Exception: any other that it raised.
    """
    call = ThreadCall((id(owner), _depth.get()))
    await call.start(owner)
    depth = _depth.set(call.key[1] + 1)
    try:
        thread = OwnThread()
    except RuntimeError:  # the system has no thread left
        call.end()
        raise
    try:
        return await thread.call(call.run, function, *args)
    finally:
        call.leave()
        thread.close()
        _depth.reset(depth)
