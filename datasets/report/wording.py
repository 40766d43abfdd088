"""Figures of a report as people read them; what is not known says so."""

from __future__ import annotations

import math

from ...core.dollars import money
from ...core.number_format import reward

NONE, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
UNKNOWN_PRICE = "price unknown"


def figure(value: float | None) -> str:
    """Return a reward; a dash if there is none.

    Example:
        >>> figure(1.234)
        '1.23'
    """
    if value is None or not math.isfinite(value):
        return NONE
    return reward(value).replace("-", MINUS)


def with_sign(text: str) -> str:
    """Return a difference with its sign: `+0.42`."""
    plain = not any(digit in text for digit in "123456789")
    return text if plain or text.startswith(MINUS) else f"+{text}"


def usd(value: float | None) -> str:
    """Return dollars with two digits that count; an unknown price is not 0.

    Example:
        >>> usd(0.00123), usd(0.5), usd(12.5), usd(0), usd(None)
        ('$0.0012', '$0.5000', '$12.50', '$0', 'price unknown')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN_PRICE
    return f"{MINUS if value < 0 else ''}{money(abs(value))}"


def percent(value: float | None) -> str:
    """Return a share: `53%`.

    Example:
        >>> percent(0.526)
        '53%'
    """
    return NONE if value is None or not math.isfinite(value) else f"{value:.0%}".replace("-", MINUS)


def integer(value: float | None) -> str:
    """Return a count: `1,234`."""
    if value is None or not math.isfinite(value):
        return NONE
    digits = 0 if abs(value) >= 10 or value == round(value) else 1
    return f"{value:,.{digits}f}".replace("-", MINUS)


def one_line(text: str) -> str:
    """Return a text without line breaks and doubled spaces."""
    return " ".join(text.split())
