"""The event loops of this process that sync calls use, each in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from sys import _current_frames
from sysconfig import get_path

from ..core.errors import UserCodeError
from ..core.per_process import per_process

ANSWER = 5.0  # seconds within which a loop takes new work, or the next call uses another one
MOST_LOOPS = 16
PYTHON = get_path("stdlib")  # lines in it say little


class BackgroundLoop:
    """An event loop and its thread, which goes on whatever comes out of a task.

    Attributes:
        loop: The event loop.
        waits: How many sync calls of ours the code on it waits for, and so blocks it.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.waits = 0
        self.asked = threading.Event()  # set: it has taken the work that was last tried on it
        self.asked.set()
        self.asked_at = 0.0
        self.blocking: tuple[object, float] = (None, 0.0)  # a task, and when it was first seen
        self.thread = threading.Thread(target=self._run, name="tpo-align", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.loop.is_closed():
            try:
                self.loop.run_forever()
            except BaseException:  # noqa: BLE001, S112  SystemExit: whoever waits for the task gets it
                continue

    def answers(self, seconds: float) -> bool:
        """Return whether the loop takes new work.

        Args:
            seconds: How long to wait for that; less if others have waited before.
        """
        if self.asked.is_set():
            self.asked, self.asked_at = threading.Event(), time.monotonic()
            self.loop.call_soon_threadsafe(self.asked.set)
        left = self.asked_at + ANSWER - time.monotonic()
        return self.asked.wait(max(0.0, min(seconds, left)))

    def check(self, patience: float) -> None:
        """Give up a loop that one task has blocked for too long.

        Args:
            patience: How many seconds a task may take without letting the others go on.

        Raises:
            UserCodeError: one has; the sentence says what it is doing.
        """
        task, now = asyncio.current_task(self.loop), time.monotonic()
        if task is None or self.waits or self.answers(0.01) or task is not self.blocking[0]:
            self.blocking = (task, now)
        elif now - self.blocking[1] > patience:
            stack = traceback.extract_stack(_current_frames().get(self.thread.ident or 0))
            own = [frame for frame in stack if not frame.filename.startswith(PYTHON)]
            line = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
            raise UserCodeError(
                f"async code has blocked the event loop for {patience:g} s{line}, and the run with "
                "it: let it await, or give a sync function, which has a thread of its own"
            )


@dataclass
class _Loops:
    lock: threading.Lock = field(default_factory=threading.Lock)
    all: list[BackgroundLoop] = field(default_factory=list)


_loops = per_process(_Loops)


def free_loop() -> BackgroundLoop:
    """Return the first loop that is not blocked, or a new one.

    Raises:
        UserCodeError: very many are blocked.
    """
    with _loops().lock:
        for known in _loops().all:
            if not known.waits and known.answers(ANSWER):
                return known
        if len(_loops().all) >= MOST_LOOPS:
            raise UserCodeError(
                f"{MOST_LOOPS} event loops of this process are blocked by async code that does not "
                "await: give sync functions, which have threads of their own"
            )
        _loops().all.append(BackgroundLoop())
        return _loops().all[-1]


@contextmanager
def blocked_here() -> Iterator[None]:
    """Say that the loop of this thread, if it is one of these, waits for what is done meanwhile."""
    here = [known for known in _loops().all if known.thread is threading.current_thread()]
    for known in here:
        known.waits += 1
    try:
        yield
    finally:
        for known in here:
            known.waits -= 1
