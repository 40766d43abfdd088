"""One limit of requests in flight for many runs: who is next, and less while a server refuses.

The runs of a batch share it. A run alone has no such limit: `max_concurrency` is its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..core.errors import TOO_MANY
from ..core.usage import Cost, cost
from .failures.provider_error import status_of
from .failures.retry_after import retry_after

SHRINK, GROW = 0.75, 1.05  # so the limit holds while fewer than one request in seven is refused
REFUSED_IN_A_ROW = 3  # then it is not chance: all wait as long as the server says
PAUSE = 1.0  # seconds, if it does not say
LONGEST_PAUSE = 60.0


def always() -> bool:
    """Allow everything."""
    return True


@dataclass(eq=False)
class InFlight:
    """The requests in flight of many runs, on one event loop.

    The earliest run is next, so that it ends first. In the end (`draining`) it is the run that is
    furthest behind: else the last ones would go their way alone, with an idle server.

    Attributes:
        most: The limit that a person has set.
        limit: The present one: less while the server answers that there are too many.
        busy: Requests that are in flight.
        waiting: Requests that wait for their turn.
        draining: Whether no further run will begin.
        closed: Whether nothing more is sent.
        sent: How many requests had their turn.
        paid: What those have cost that came back.
        may_send: Asked before each turn.
    """

    most: int
    limit: float = 0.0
    busy: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    draining: bool = False
    closed: bool = False
    sent: int = 0
    paid: Cost = field(default_factory=cost)
    may_send: Callable[[], bool] = always
    _shrunk: float = 0.0
    _refused: int = 0
    _again: float = 0.0

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    @property
    def pressure(self) -> int:
        """How many requests are in flight or wait for it."""
        return self.busy + len(self.waiting)

    def next_ones(self) -> None:
        """Let those go whose turn it is."""
        if self._again > time.monotonic():
            return
        while self.waiting and self.busy < int(self.limit) and not self.closed and self.may_send():
            first = min(self.waiting, key=self.place_of)
            self.waiting.remove(first)
            if not first.turn.done():  # not cancelled
                self.busy, self.sent = self.busy + 1, self.sent + 1
                first.turn.set_result(None)

    def over(self, begun: float, error: BaseException | None) -> None:
        """Note how a request ended that began at a time, and let the next ones go."""
        self.busy -= 1
        if error is None:
            self._refused, self.limit = 0, min(self.most, self.limit * GROW)
        elif status_of(error) == TOO_MANY:
            self._refused += 1
            # One that was sent before the limit shrank, or with it, says nothing of the new limit.
            if begun > self._shrunk:
                self._shrunk, self.limit = time.monotonic(), max(1.0, self.limit * SHRINK)
            if self._refused >= REFUSED_IN_A_ROW:
                asked = retry_after(error)
                pause = PAUSE if asked is None else min(LONGEST_PAUSE, asked)
                self._again = max(self._again, time.monotonic() + pause)
                asyncio.get_running_loop().call_later(pause, self.next_ones)
        self.next_ones()

    def place_of(self, one: Waiting) -> tuple[int, int]:
        """Return what is smallest for the request whose turn it is."""
        if self.draining:
            return one.progress, one.order
        return one.order, one.progress


@dataclass(eq=False)
class Waiting:
    """A request that waits for its turn."""

    order: int
    progress: int
    turn: asyncio.Future[None]
