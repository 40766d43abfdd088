"""Something to be closed when an event loop ends, while the loop can still do it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable


async def close_at_loop_end(close: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Have something closed when the running loop ends: it ends its async generators first.

    Args:
        close: Awaited once. It must not refer to whoever holds the generator, or both are
            garbage at the same time, and sockets in a garbage cycle warn before they close.

    Returns:
        A generator to hold on to; its `aclose` closes earlier.
    """

    async def wait() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await close()

    waiting = wait()
    await anext(waiting)
    return waiting
