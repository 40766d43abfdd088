"""What a reward has to say about its scores while it scores, such as that a text was cut.

A score is a number and has no room for it; the run tells each sentence once a round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TELL: ContextVar[Callable[[str], None] | None] = ContextVar("tpo_tell", default=None)


def remark(sentence: str) -> None:
    """Say something to the person; outside a run nobody hears it."""
    if tell := _TELL.get():
        tell(sentence)


@contextmanager
def hearing(tell: Callable[[str], None]) -> Iterator[None]:
    """Hear what rewards say in this block.

    Example:
        >>> with hearing(print):
        ...     remark("an answer was cut")
        an answer was cut
    """
    token = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(token)
