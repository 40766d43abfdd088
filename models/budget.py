"""What the requests of one step may still cost: they share one limit, also at the same time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..core.context import Context
from ..core.dollars import usd_for_budget
from ..core.usage import Cost, tokens_for_budget

LEAST_SECONDS = 0.1  # with less, what was paid could not even be ranked by a function


@dataclass
class Budget:
    """What is left for the requests of one step (local to one node call).

    A request is counted when it is sent, its tokens and dollars when they are known; so a
    limit is passed by no more than what was under way when it was reached.

    Attributes:
        requests: How many more may be sent.
        tokens: How many more may be paid; the request that passes it is the last.
        ends: When the time is over, on the monotonic clock.
        usd: How many more dollars may be paid; the request that passes it is the last.
        prices: What the run's settings say of the prices of models, each with a name.

    Example:
        >>> budget = Budget(requests=1)
        >>> budget.take()
        True
        >>> budget.used_up()
        'no request left for it'
    """

    requests: float = math.inf
    tokens: float = math.inf
    ends: float = field(default=math.inf)
    usd: float = math.inf
    prices: Sequence[str] = ()

    @property
    def seconds(self) -> float:
        """Seconds that are left, 0 or more."""
        return max(0.0, self.ends - time.monotonic())

    @property
    def deadline(self) -> float:
        """When what begins now must have ended, however long it waits; on the monotonic clock."""
        return max(self.ends, time.monotonic() + LEAST_SECONDS)

    def used_up(self) -> str:
        """Return why nothing more may be sent, or ""."""
        if self.requests < 1:
            return "no request left for it"
        if self.tokens <= 0:
            return "no token left for it"
        if self.usd <= 0:
            return "no dollar left for it"
        return "" if self.seconds else "no time left for it"

    def take(self, pause: float = 0.0) -> bool:
        """Take one request that is sent after a pause of some seconds; `False` if there is none."""
        if self.used_up() or pause >= self.seconds:
            return False
        self.requests -= 1
        return True

    def timeout(self, seconds: float) -> float:
        """Return how long a request may take that is given this many seconds at most."""
        return min(seconds, max(LEAST_SECONDS, self.seconds))

    def count(self, requests: int = 0) -> None:
        """Take off requests that were sent, or give back those that were not."""
        self.requests -= requests

    def pay(self, paid: Cost, requests: int = 0) -> None:
        """Take off the tokens and dollars of a request, and requests if it was not taken before."""
        self.requests -= requests
        self.tokens -= tokens_for_budget(paid)
        self.usd -= usd_for_budget(paid)

    def without(self, requests: int) -> Budget:
        """Return a budget that leaves this many requests for later, but allows one at least."""
        return replace(self, requests=max(min(1, self.requests), self.requests - requests))


def budget_left(context: Context, paid: Cost) -> Budget:
    """Return what a run's budget leaves to a step that begins now.

    Args:
        context: The run's settings; 0 sets none.
        paid: What the turn has cost so far.
    """
    limits = (
        (context.budget_requests, paid["requests"]),
        (context.budget_tokens, tokens_for_budget(paid)),
        (context.budget_seconds, paid["seconds"]),
        (context.budget_usd, usd_for_budget(paid)),
    )
    left = (limit - used if limit else math.inf for limit, used in limits)
    requests, tokens, seconds, usd = (max(0, most) for most in left)
    return Budget(requests, tokens, time.monotonic() + seconds, usd, context.price)
