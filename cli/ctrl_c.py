"""Ctrl-C: the first one ends the run in order, the second one ends the process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .resume_hint import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"


def run_interruptible(work: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine; a signal cancels it, so that LangGraph can save what is finished.

    Raises:
        Interrupted: a signal came, and the coroutine did not name the run.
    """

    async def main() -> int:
        with _cancelling(asyncio.current_task()):
            try:
                return await work
            except asyncio.CancelledError:
                raise Interrupted from None

    return asyncio.run(main())


@contextmanager
def _cancelling(task: asyncio.Task[Any] | None) -> Iterator[None]:
    loop, pressed = asyncio.get_running_loop(), False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            _leave_at_once(128 + number)
        pressed = True
        if task:
            loop.call_soon_threadsafe(task.cancel)

    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def plain_interrupt() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, while the program waits for a person's answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_at_once(code: int) -> None:
    if sys.stdout.isatty():
        os.write(sys.stdout.fileno(), SHOW_CURSOR.encode())
    os._exit(code)
