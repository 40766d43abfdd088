"""What a reward gives as a number: Python's own, or that of another library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.number_format import LARGEST


def number_of(value: Any) -> float:
    """Return a number of any library; an array or tensor may hold one and no more.

    Raises:
        TypeError, ValueError, OverflowError, RuntimeError: it is not one; libraries differ.

    Example:
        >>> number_of(True)
        1.0
    """
    one = value.item() if hasattr(value, "item") else value
    if isinstance(one, str | bytes):  # not a number even if it spells one
        raise TypeError
    return float(one)


def is_number(value: object) -> bool:
    """Return whether a value is a number of any library, be it one that no float holds.

    Example:
        >>> is_number(2), is_number("2"), is_number(None)
        (True, False, False)
    """
    try:
        number_of(value)
    except OverflowError:
        return True
    except (TypeError, ValueError, RuntimeError):
        return False
    return True


def why_unusable(number: float) -> str:
    """Return why a number cannot rank an answer; "" if it can.

    Example:
        >>> why_unusable(-1.7e308), why_unusable(0.5)
        ('which is too large to compare with: stay within 1e+100', '')
    """
    if not math.isfinite(number):
        return "which is not a finite number"
    if abs(number) > LARGEST:
        return f"which is too large to compare with: stay within {LARGEST:g}"
    return ""


def what_it_is(value: object) -> str:
    """Return what a value is that is not a number, and what to do, or "" if there is no advice."""
    if isinstance(value, str | bytes):
        return " but a text: return float(...) of it"
    if value is None:
        return ": does it return something on every path?"
    if isinstance(value, Sequence | Mapping) or hasattr(value, "shape"):
        kind = type(value).__name__
        how = "returns a number, or tpo.scored(number, feedback=...)"
        return f" but a {kind}: it is called once for each answer and {how}"
    if isinstance(value, complex):
        return " but a complex number: return its real part or its size"
    return ""
