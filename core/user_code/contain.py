"""Code that users bring (rewards, callbacks, models): what it raises ends its own call only.

`sys.exit()` in a verifier, a stray `StopIteration`, a `CancelledError` of its own: each would end
the event loop, be taken for the end of something else, or never reach whoever waits.
"""

from __future__ import annotations

import asyncio
import math
import signal
import threading
from collections.abc import Awaitable
from typing import TypeVar

from ..errors import UserCodeError, evidence
from .time_limit import TimeLimit

T = TypeVar("T")
GRACE = 1.0  # seconds that code has to end once it is cancelled


class LateError(TimeoutError):
    """It did not end in time, and was cancelled or left behind."""


def passes(error: BaseException) -> bool:
    """Return whether an exception is what it seems, and so must go on as it is.

    Args:
        error: What came out of user code.

    Example:
        >>> passes(ValueError()), passes(SystemExit(0)), passes(StopIteration())
        (True, False, False)
    """
    if isinstance(error, asyncio.CancelledError):
        try:
            task = asyncio.current_task()
        except RuntimeError:  # in a thread without a loop, nothing can have been cancelled
            return False
        return task is not None and task.cancelling() > 0
    if isinstance(error, KeyboardInterrupt):  # a person's, if Python itself raises it here
        main = threading.current_thread() is threading.main_thread()
        return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if isinstance(error, Exception):
        return not isinstance(error, StopIteration | StopAsyncIteration)
    return isinstance(error, GeneratorExit)


async def contained(work: Awaitable[T]) -> T:
    """Await user code.

    Raises:
        UserCodeError: it raised what would end more than its call.
        Exception: any other that it raised.
    """
    try:
        return await work
    except BaseException as error:
        cause = error.__cause__
        if isinstance(error, RuntimeError) and isinstance(cause, StopIteration):
            raise UserCodeError(evidence(cause)) from cause  # Python's own: it left a coroutine
        if passes(error):
            raise
        raise UserCodeError(evidence(error)) from error


async def within(seconds: float, work: Awaitable[T], ends: float = math.inf) -> T:
    """Await user code for a limited time. If it does not even end when cancelled, leave it behind.

    Args:
        seconds: How long it may take, without what it waits `uncounted`.
        work: The call.
        ends: When all time is over, on the monotonic clock.

    Raises:
        LateError: it took too long.
        UserCodeError: it raised what would end more than its call.
        Exception: any other that it raised.
    """
    try:
        async with TimeLimit(seconds, ends):
            task = asyncio.create_task(contained(work))
            # Or Python complains that nobody took what it raised as this was cancelled.
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            try:
                await asyncio.wait({task})
            finally:
                if not task.done():
                    task.cancel()
                    await asyncio.wait({task}, timeout=GRACE)
    except TimeoutError:
        raise LateError from None
    return task.result()
