"""What an arm has spent on a row, in each of the units in which arms are made equal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from ..records import PaidRequest
from .comparison import Equal


class Spend(NamedTuple):
    """Tokens, texts, requests and dollars; dollars are `None` if a price is unknown."""

    tokens: float = 0.0
    texts: float = 0.0
    requests: float = 0.0
    dollars: float | None = 0.0

    def plus(self, other: Spend) -> Spend:
        """Return the sum; its dollars are known only if both are."""
        both = None if self.dollars is None or other.dollars is None else other.dollars
        return Spend(
            self.tokens + other.tokens,
            self.texts + other.texts,
            self.requests + other.requests,
            None if both is None or self.dollars is None else self.dollars + both,
        )

    def times(self, share: float) -> Spend:
        """Return a share of it."""
        tokens, texts, requests = (share * x for x in self[:3])
        return Spend(
            tokens, texts, requests, None if self.dollars is None else share * self.dollars
        )

    def of(self, equal: Equal) -> float | None:
        """Return what counts where arms get the same of one unit; `None` if it is unknown."""
        if equal == "nothing":
            return 0.0
        return float(dollars) if (dollars := getattr(self, equal)) is not None else None


def spend_of(request: PaidRequest) -> Spend:
    """Return what one request cost."""
    tokens = request["input_tokens"] + request["output_tokens"]
    return Spend(tokens, request["texts"], request.get("requests", 1), request.get("cost_usd"))


def total_spend(parts: Iterable[Spend]) -> Spend:
    """Return the sum of parts."""
    known = list(parts)
    dollars = [part.dollars for part in known]
    return Spend(
        math.fsum(part.tokens for part in known),
        math.fsum(part.texts for part in known),
        math.fsum(part.requests for part in known),
        math.fsum(x or 0.0 for x in dollars) if None not in dollars else None,
    )
