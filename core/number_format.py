"""Numbers as people read them: rewards, costs, durations, ages."""

from __future__ import annotations

from datetime import UTC, datetime

from .dollars import price_phrase
from .usage import Cost

LARGEST = 1e100  # reward; squares of larger ones are beyond what a float holds: no spread is known


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 round`, `2 rounds`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def reward(value: float | None) -> str:
    """Return a reward with as many digits as a reader can use; `-` if there is none."""
    if value is None:
        return "-"
    return f"{value:.3g}" if abs(value) >= 1000 else f"{value:.2f}"


def signed(value: float) -> str:
    """Return the difference of two rewards with its sign; a small one keeps two digits.

    Example:
        >>> signed(0.417), signed(-0.0031)
        ('+0.42', '-0.0031')
    """
    if abs(value) >= 1000:
        return f"{value:+,.0f}"
    return f"{value:+.2g}" if abs(value) < 0.05 else f"{value:+.2f}"


def seconds(value: float) -> str:
    """Return a duration: `0.4 s`, `12 s`, `3 min 20 s`."""
    if value < 9.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def size(count: float) -> str:
    """Return a number of bytes: `512 B`, `1.4 MB`.

    Example:
        >>> size(512), size(1_400_000)
        ('512 B', '1.4 MB')
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def age(moment: str | None, now: datetime | None = None) -> str:
    """Return how long ago an ISO time was."""
    if not moment:
        return ""
    gone = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if gone >= length:
            return f"{int(gone // length)} {unit} ago"
    return "just now"


def cost_phrase(cost: Cost) -> str:
    """Return a cost in one line."""
    cached = f" ({cost['cached_tokens']:,} cached)" if cost["cached_tokens"] else ""
    return ", ".join(
        [
            f"{count(cost['requests'], 'request')} for {count(cost['sequences'], 'text')}",
            f"{at_least(cost)}{cost['input_tokens']:,} tokens in{cached}",
            f"{at_least(cost)}{cost['output_tokens']:,} out",
            count(cost["scores"], "score"),
            seconds(cost["seconds"]),
            price_phrase(cost),
        ]
    )


def at_least(cost: Cost) -> str:
    """Return the sign before tokens, if a server reported fewer than it used."""
    return "" if cost["exact"] else "≥ "
