"""How long a provider asks to wait before the next request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .error_parts import body_of, causes_of, headers_of

LONGEST = 86_400.0  # seconds; nobody means more than a day, or for ever
_AGAIN = re.compile(r"(?:try again|retry) (?:in|after) (?:(\d+)m\s*)?([\d.]+)\s*(ms|s)", re.I)


def retry_after(error: BaseException) -> float | None:
    """Return how many seconds the provider asks to wait, a day at most; `None` if it does not."""
    for one in causes_of(error):
        headers = {str(name).lower(): str(value) for name, value in headers_of(one).items()}
        found = [
            _pause(headers.get("retry-after-ms"), 1000),
            _pause(headers.get("retry-after"), 1),
            until(headers.get("retry-after")),
            *(_pause(str(d.get("retryDelay", "")).rstrip("s"), 1) for d in _details(one)),
            _pause(body_of(one).get("retry_after"), 1),
        ]
        if (seconds := next((s for s in found if s is not None), None)) is not None:
            return seconds
    if asked := _AGAIN.search(str(error)):
        minutes, number, unit = asked.groups()
        rest = _pause(number, 1000 if unit == "ms" else 1)
        return min(LONGEST, 60 * float(minutes or 0) + (rest or 0))
    return None


def _details(error: BaseException) -> list[Mapping[str, object]]:
    """Return what Google says about an error beside its message."""
    found = getattr(error, "details", None)
    found = found.get("error", found) if isinstance(found, Mapping) else body_of(error)
    parts = found.get("details") if isinstance(found, Mapping) else None
    return [p for p in parts if isinstance(p, Mapping)] if isinstance(parts, list) else []


def _pause(value: object, per_second: int) -> float | None:
    try:
        seconds = float(str(value)) / per_second
    except ValueError:
        return None
    return min(LONGEST, max(0.0, seconds)) if seconds == seconds else 0.0  # noqa: PLR0124  NaN


def until(date: str | None) -> float | None:
    """Return the seconds that are left until a date as HTTP writes it; 0 if it is over."""
    try:
        then = parsedate_to_datetime(date or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(LONGEST, max(0.0, (then - datetime.now(UTC)).total_seconds()))
