"""What the requests of one step may still cost: they share one limit, also at the same time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from ..core.context import Context
from ..core.usage import Cost, tokens_for_budget

LEAST_SECONDS = 0.1  # with less, what was paid could not even be ranked by a function


@dataclass
class Budget:
    """What is left for the requests of one step (local to one node call).

    What a request costs is counted when it is sent, and its tokens when they are known; so a
    limit is passed by no more than what was under way when it was reached.

    Attributes:
        requests: How many more may be sent.
        tokens: How many more may be paid; the request that passes it is the last.
        ends: When the time is over, on the monotonic clock.

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

    def count(self, requests: int = 0, tokens: int = 0) -> None:
        """Take off what was paid."""
        self.requests -= requests
        self.tokens -= tokens

    def without(self, requests: int) -> Budget:
        """Return a budget that leaves this many requests for later, but allows one at least."""
        return Budget(max(min(1, self.requests), self.requests - requests), self.tokens, self.ends)


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
    )
    requests, tokens, seconds = (limit - used if limit else math.inf for limit, used in limits)
    return Budget(max(0, requests), max(0, tokens), time.monotonic() + seconds)
