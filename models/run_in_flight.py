"""A run among those that share a limit of requests, and the turn of each request of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ..core.usage import Cost, add_costs
from .in_flight import InFlight, Waiting

STEPS = {"sample": 0, "update": 0, "rank": 1, "loss": 2, "gradient": 3}  # of a round


@dataclass(eq=False)
class RunInFlight:
    """A run among those that share a limit.

    Attributes:
        shared: The limit.
        order: Its place among the runs.
        busy: How many of its requests have their turn.
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
        one = Waiting(self.order, progress, asyncio.get_running_loop().create_future())
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

    def over(self, begun: float, error: BaseException | None) -> None:
        """Give back the turn of a request that began at a time."""
        self.busy -= 1
        self.shared.over(begun, error)


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
    begun = time.monotonic()
    run.busy += 1
    try:
        yield
    except BaseException as error:
        run.over(begun, error)
        raise
    run.over(begun, None)


def count_paid(paid: Cost) -> None:
    """Add what a request has cost to what the runs that share a limit have paid."""
    if run := RUN.get():
        run.shared.paid = add_costs(run.shared.paid, paid)
