"""Whose turn it is to have a thread: a limited number of calls of one owner at the same time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from ..errors import UserCodeError
from ..per_process import per_process
from .time_limit import uncounted

T = TypeVar("T")
Key = tuple[int, int]
"""An owner's `id`, and in how many such calls its code is."""
MOST = 64  # calls of one owner at the same time; those left behind count
HANGING = (
    f"{MOST} earlier calls have not returned, and a thread that hangs cannot be ended: "
    "no other call is made until one of them returns"
)


@dataclass
class _Calls:
    """The calls of one owner at one depth: with a thread, and waiting for one."""

    owner: object  # held, so that nothing else gets its `id`
    running: int = 0
    left_behind: int = 0  # of the running ones
    waiting: deque[Future[bool]] = field(default_factory=deque)


@dataclass
class _Turns:
    lock: threading.Lock = field(default_factory=threading.Lock)
    calls: dict[Key, _Calls] = field(default_factory=dict)


_turns = per_process(_Turns)


@dataclass
class ThreadCall:
    """One call that needs a thread.

    Attributes:
        key: Whose calls it is one of.
        ended: Whether it has returned.
        left: Whether it was left behind.
    """

    key: Key
    ended: bool = False
    left: bool = False

    async def start(self, owner: object) -> None:
        """Wait until there may be one more thread; that does not count for a `TimeLimit`.

        Raises:
            UserCodeError: too many earlier calls of this owner hang.
        """
        turn: Future[bool] = Future()
        with _turns().lock:
            calls = _turns().calls.setdefault(self.key, _Calls(owner))
            if calls.left_behind >= MOST:
                raise UserCodeError(HANGING)
            if calls.running < MOST:
                calls.running += 1
                return
            calls.waiting.append(turn)
        try:
            async with uncounted():
                granted = await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if not turn.cancel() and turn.result():  # its turn came at the same moment
                self.end()
            raise
        if not granted:
            raise UserCodeError(HANGING)

    def run(self, function: Callable[..., T], *args: object) -> T:
        """Call the function; this is in the thread."""
        try:
            return function(*args)
        finally:
            self.end()

    def end(self) -> None:
        """Let the next one start."""
        with _turns().lock:
            self.ended = True
            calls = _turns().calls.get(self.key)
            if calls is None:  # of before a fork
                return
            calls.left_behind -= self.left
            while calls.waiting:
                turn = calls.waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    break
            else:
                calls.running -= 1
                if not calls.running:
                    del _turns().calls[self.key]
                return
        turn.set_result(True)

    def leave(self) -> None:
        """Say that nobody waits for this call any more, if it has not ended."""
        hopeless: list[Future[bool]] = []
        with _turns().lock:
            calls = _turns().calls.get(self.key)
            if self.ended or calls is None:
                return
            self.left = True
            calls.left_behind += 1
            if calls.left_behind >= MOST:
                hopeless = [t for t in calls.waiting if t.set_running_or_notify_cancel()]
                calls.waiting.clear()
        for turn in hopeless:
            turn.set_result(False)
