"""One limit of requests in flight for many runs: who is next, and less while a server refuses.

The runs of a batch share it. A run alone has no such limit: `max_concurrency` is its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ..core.errors import TOO_MANY
from ..core.usage import Cost, add_costs, cost
from .failures.provider_error import status_of
from .failures.retry_after import retry_after

SHRINK, GROW = 0.75, 1.05  # so the limit holds while fewer than one request in seven is refused
REFUSED_IN_A_ROW = 3  # then it is not chance: all wait as long as the server says
PAUSE = 1.0  # seconds, if it does not say
LONGEST_PAUSE = 60.0
STEPS = {"sample": 0, "update": 0, "rank": 1, "loss": 2, "gradient": 3}  # of a round


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
            first = min(self.waiting, key=self._place)
            self.waiting.remove(first)
            if not first.turn.done():  # nor cancelled
                self.busy, self.sent = self.busy + 1, self.sent + 1
                first.turn.set_result(None)

    def over(self, begun: float, error: BaseException | None) -> None:
        """Note how a request ended that began at a time, and let the next ones go."""
        self.busy -= 1
        if error is None:
            self._refused, self.limit = 0, min(self.most, self.limit * GROW)
        elif status_of(error) == TOO_MANY:
            self._refused += 1
            if begun >= self._shrunk:  # one that began before says nothing of the present limit
                self._shrunk, self.limit = time.monotonic(), max(1.0, self.limit * SHRINK)
            if self._refused >= REFUSED_IN_A_ROW:
                asked = retry_after(error)
                pause = PAUSE if asked is None else min(LONGEST_PAUSE, asked)
                self._again = max(self._again, time.monotonic() + pause)
                asyncio.get_running_loop().call_later(pause, self.next_ones)
        self.next_ones()

    def _place(self, one: Waiting) -> tuple[int, int]:
        order, progress = one.run.order, one.progress
        return (progress, order) if self.draining else (order, progress)


@dataclass(eq=False)
class RunInFlight:
    """A run among those that share a limit.

    Attributes:
        shared: The limit.
        order: Its place among the runs.
        busy: How many requests of its own are in flight.
        waits: How many wait for their turn.
        asked: Whether it has asked for anything yet.
    """

    shared: InFlight
    order: int
    busy: int = 0
    waits: int = 0
    asked: bool = False
    _round: int = 0

    @property
    def stuck(self) -> bool:
        """Whether nothing of it goes on before others end."""
        return self.waits > 0 and not self.busy

    async def wait(self, about: Mapping[str, object]) -> None:
        """Wait for the turn of a request."""
        round = about.get("tpo_round")
        self._round = round if isinstance(round, int) else self._round
        progress = len(STEPS) * self._round + STEPS.get(str(about.get("tpo_phase")), 0)
        one = Waiting(self, progress, asyncio.get_running_loop().create_future())
        self.shared.waiting.append(one)
        self.asked, self.waits = True, self.waits + 1
        try:
            self.shared.next_ones()
            await one.turn
        except BaseException:
            if one in self.shared.waiting:
                self.shared.waiting.remove(one)
            elif one.turn.done() and not one.turn.cancelled():
                self.shared.busy -= 1  # its turn came just now
                self.shared.next_ones()
            raise
        finally:
            self.waits -= 1


@dataclass(eq=False)
class Waiting:
    """A request that waits for its turn."""

    run: RunInFlight
    progress: int
    turn: asyncio.Future[None]


RUN: ContextVar[RunInFlight | None] = ContextVar("tpo_run_in_flight", default=None)


@asynccontextmanager
async def in_turn(about: Mapping[str, object]) -> AsyncIterator[None]:
    """Wait until a request may be sent, if its run shares a limit with others.

    Args:
        about: What traces say of the request: its phase and round.
    """
    run = RUN.get()
    if run is None:
        yield
        return
    await run.wait(about)
    begun, failed = time.monotonic(), None
    run.busy += 1
    try:
        yield
    except BaseException as error:
        failed = error
        raise
    finally:
        run.busy -= 1
        run.shared.over(begun, failed)


def count_paid(paid: Cost) -> None:
    """Add what a request has cost to what the runs that share a limit have paid."""
    if run := RUN.get():
        run.shared.paid = add_costs(run.shared.paid, paid)
