"""Figures of a report as people read them; what is not known says so."""

from __future__ import annotations

import math

from ...core.number_format import reward

NONE = "\N{EN DASH}"
UNKNOWN_PRICE = "price unknown"


def figure(value: float | None) -> str:
    """Return a reward; a dash if there is none.

    Example:
        >>> figure(1.234)
        '1.23'
    """
    if value is None or not math.isfinite(value):
        return NONE
    return reward(value).replace("-", "\N{MINUS SIGN}")


def signed(text: str) -> str:
    """Return a difference with its sign: `+0.42`."""
    plain = not any(digit in text for digit in "123456789")
    return text if plain or text.startswith("\N{MINUS SIGN}") else f"+{text}"


def dollars(value: float | None) -> str:
    """Return dollars with two digits that count; an unknown price is not 0.

    Example:
        >>> dollars(0.00123), dollars(12.5), dollars(None)
        ('$0.0012', '$12.50', 'price unknown')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN_PRICE
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    size = abs(value)
    digits = 2 if size >= 1 or not size else min(8, 1 - math.floor(math.log10(size)))
    return f"{sign}${size:,.{max(2, digits)}f}"


def percent(value: float | None) -> str:
    """Return a share: `53%`.

    Example:
        >>> percent(0.526)
        '53%'
    """
    return (
        NONE
        if value is None or not math.isfinite(value)
        else f"{value:.0%}".replace("-", "\N{MINUS SIGN}")
    )


def integer(value: float | None) -> str:
    """Return a count: `1,234`."""
    if value is None or not math.isfinite(value):
        return NONE
    digits = 0 if abs(value) >= 10 or value == round(value) else 1
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def one_line(text: str) -> str:
    """Return a text without line breaks and doubled spaces."""
    return " ".join(text.split())
