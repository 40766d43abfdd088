"""An event loop whose clock jumps to the next timer: what takes no time in it is the computer's.

Threads would be left behind, so what is handed to one is done at once.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch


class Jumping(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Waits for nothing: the clock jumps in place of it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Return what is ready, or jump."""
        found = super().select(0)
        if not found and timeout:
            self.now += timeout
        return found


class AtOnce(ThreadPoolExecutor):
    """Does what it is given in the thread that gives it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        """Do it."""
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **more))
        except BaseException as error:  # noqa: BLE001  as an executor does
            done.set_exception(error)
        return done


def run_virtually(work: Callable[[Callable[[], float]], Coroutine[Any, Any, str]]) -> str:
    """Run something that is given the clock."""
    selector = Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    loop.set_default_executor(AtOnce())
    clock = SimpleNamespace(monotonic=loop.time)
    with (
        patch("tpo.models.in_flight.time", clock),
        patch("tpo.models.run_in_flight.time", clock),
        asyncio.Runner(loop_factory=lambda: loop) as runner,
    ):
        return runner.run(work(loop.time))
