"""A price, and what a request costs by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from ...core.usage import Cost, add_costs, cost

Rate = Callable[[Cost], float]
"""From the tokens of one request to its dollars."""


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens, as price lists say it.

    Attributes:
        input: Of the prompt.
        output: Of the texts, reasoning included.
        cached: Of the part of the prompt that came from a cache; `None`: as the rest of it.
        cache_write: Of the part that was written into a cache; `None`: as the rest of it.

    Raises:
        ValueError: one of them is negative or endless.

    Example:
        >>> Price(input=2.0, output=8.0)(cost(input_tokens=1000, output_tokens=500))
        0.006
    """

    input: float
    output: float
    cached: float | None = None
    cache_write: float | None = None

    def __post_init__(self) -> None:
        for usd in filter(None, (self.input, self.output, self.cached, self.cache_write)):
            if not 0 < usd < inf:  # nor NaN, which no budget would ever reach
                raise ValueError(f"{usd} is not a number of dollars")

    def __call__(self, paid: Cost) -> float:
        """Return the dollars of one request."""
        cached = min(paid["cached_tokens"], paid["input_tokens"])
        written = min(paid.get("cache_write_tokens", 0), paid["input_tokens"] - cached)
        plain = paid["input_tokens"] - cached - written
        dear = self.input if self.cache_write is None else self.cache_write
        cheap = self.input if self.cached is None else self.cached
        read = plain * self.input + written * dear + cached * cheap
        return (read + paid["output_tokens"] * self.output) / 1_000_000


def priced(paid: Cost, rate: Rate | None) -> Cost:
    """Return the cost of one request with its dollars.

    Args:
        paid: What it cost: its tokens; or only its requests, if they failed and cost nothing.
        rate: Its price, if that is known.
    """
    if rate is None:
        return paid
    return add_costs(paid, cost(cost_usd=rate(paid), priced_requests=paid["requests"]))


def estimated(paid: Cost, characters: tuple[int, int], per_token: int, rate: Rate | None) -> Cost:
    """Return a cost with a guess at its tokens, and at their price.

    Args:
        paid: What was reported: no tokens.
        characters: Of the prompt, and of the texts.
        per_token: Characters of a token.
        rate: Its price, if that is known.
    """
    given, came = (-(-count // per_token) for count in characters)
    tokens: Cost = {**paid, "estimated_tokens": -(-sum(characters) // per_token)}
    if rate is None:
        return tokens
    return {**tokens, "estimated_usd": rate(cost(input_tokens=given, output_tokens=came))}
