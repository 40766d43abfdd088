"""What belongs to one process: a forked process has none of its parent's threads and loops."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def per_process(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that always returns the same thing, and another one in a forked process.

    Args:
        make: Makes the thing; cheap, since threads that ask first may each call it.

    Example:
        >>> names = per_process(list[str])
        >>> names().append("one")
        >>> names()
        ['one']
    """
    made: dict[int, T] = {}

    def of_this_process() -> T:
        process = os.getpid()
        return made[process] if process in made else made.setdefault(process, make())

    return of_this_process
