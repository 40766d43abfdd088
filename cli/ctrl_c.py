"""Ctrl-C: the first one ends the run in order, the second one ends the process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any

from .interrupted import Interrupted

Handler = Callable[[int, FrameType | None], None]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"


def run_interruptible(work: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine; a signal cancels it, so that LangGraph can save what is finished.

    Raises:
        Interrupted: a signal came, and the coroutine did not name the run.
    """

    async def main() -> int:
        loop, task, pressed = asyncio.get_running_loop(), asyncio.current_task(), False

        def on_signal(number: int, frame: FrameType | None) -> None:
            nonlocal pressed
            if pressed:
                if sys.stdout.isatty():
                    os.write(sys.stdout.fileno(), SHOW_CURSOR.encode())
                os._exit(128 + number)
            pressed = True
            if task:
                loop.call_soon_threadsafe(task.cancel)

        with _handling(SIGNALS, on_signal):
            try:
                return await work
            except asyncio.CancelledError:
                raise Interrupted from None

    return asyncio.run(main())


def plain_interrupt() -> AbstractContextManager[None]:
    """Let Ctrl-C raise KeyboardInterrupt, while the program waits for a person's answer."""
    return _handling([signal.SIGINT], signal.default_int_handler)


@contextmanager
def _handling(signals: Iterable[signal.Signals], handler: Handler) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
