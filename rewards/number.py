"""What a reward gives as a number: Python's own, or that of another library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


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


def what_it_is(value: object) -> str:
    """Return what a value is that is not a number, and what to do, or "" if there is no advice."""
    if isinstance(value, str | bytes):
        return " but a text: return float(...) of it"
    if value is None:
        return ": does it return something on every path?"
    if isinstance(value, Sequence | Mapping) or hasattr(value, "shape"):
        kind = type(value).__name__
        return f" but a {kind}: it is called once for each answer and returns the number alone"
    if isinstance(value, complex):
        return " but a complex number: return its real part or its size"
    return ""
