"""A user's `on_event`: called so that what it does ends its own run only."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from ..core.errors import UserCodeError
from ..core.events import AnyEvent
from ..core.user_code.contain import LateError, contained, within
from ..core.user_code.own_thread import OwnThread

OnEvent = Callable[[AnyEvent], None] | Callable[[AnyEvent], Awaitable[None]]


async def tell(on_event: OnEvent, event: AnyEvent, seconds: float) -> None:
    """Call `on_event` with one event.

    Args:
        on_event: Sync or async.
        event: The event.
        seconds: How long an async one may take.

    Raises:
        UserCodeError: it took longer, or raised what would end more than its run.
        Exception: any other that it raised.
    """
    try:
        waiting = await contained(called(on_event, event))
        if waiting is not None:
            await within(seconds, waiting)
    except UserCodeError as error:
        raise UserCodeError(f"on_event raised {error}; the run was ended") from error
    except LateError:
        raise UserCodeError(
            f"on_event has not returned within {seconds:g} s ({event['type']}); the run was ended"
        ) from None


async def called(on_event: OnEvent, event: AnyEvent) -> Awaitable[None] | None:
    """Call it; return what is still to be awaited."""
    returned = on_event(event)
    return returned if inspect.isawaitable(returned) else None


@contextmanager
def in_thread(on_event: OnEvent | None) -> Iterator[OnEvent | None]:
    """Give a sync `on_event` a thread of its own, the same for all events of a run."""
    if on_event is None or inspect.iscoroutinefunction(on_event):
        yield on_event
        return
    thread = OwnThread()

    async def there(event: AnyEvent) -> None:
        waiting = await thread.call(on_event, event)
        if inspect.isawaitable(waiting):
            await waiting

    try:
        yield there
    finally:
        thread.close()
