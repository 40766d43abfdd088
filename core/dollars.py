"""What a cost comes to in dollars: the whole price, a lower bound, or not known; never a guess."""

from __future__ import annotations

from math import floor, log10

from .json_types import JsonObject
from .usage import Cost

PRICES = "TPO_PRICES"
"""The environment variable that names a file of prices."""


def usd_for_budget(paid: Cost) -> float:
    """Return the dollars that a budget counts: those known, and those of guessed tokens."""
    return paid.get("cost_usd", 0.0) + paid.get("estimated_usd", 0.0)


def is_whole_price(paid: Cost) -> bool:
    """Return whether `cost_usd` is the whole price, not a lower bound."""
    return paid["exact"] and paid.get("priced_requests", 0) >= paid["requests"]


def with_dollars(paid: Cost) -> JsonObject:
    """Return a cost for readers of JSON: `cost_usd` is `None` if no price is known.

    Example:
        >>> from .usage import cost
        >>> with_dollars(cost(requests=2))["cost_usd"] is None
        True
    """
    return {"cost_usd": None, **paid}


def money(usd: float) -> str:
    """Return dollars with at least two significant digits.

    Example:
        >>> money(0.0042), money(0.0000421), money(3.5), money(0)
        ('$0.0042', '$0.000042', '$3.50', '$0')
    """
    if usd == 0 or usd >= 1:
        return f"${usd:,.2f}" if usd else "$0"
    return f"${usd:.{max(4, 1 - floor(log10(usd)))}f}"


def price_phrase(cost: Cost, *, bound: str = "at least ", unknown: str = "price unknown") -> str:
    """Return what a cost comes to in dollars, as far as it is known.

    Args:
        cost: The cost.
        bound: What to put before an incomplete sum.
        unknown: What to return if no price is known.

    Example:
        >>> from .usage import cost
        >>> price_phrase(cost(requests=2, priced_requests=1, cost_usd=0.0042))
        'at least $0.0042'
        >>> price_phrase(cost(requests=2))
        'price unknown'
    """
    if not cost["requests"]:
        return "$0"
    if "cost_usd" not in cost:
        return unknown
    return f"{'' if is_whole_price(cost) else bound}{money(cost['cost_usd'])}"
