"""What a reward has to say about its scores while it scores, such as that a text was cut.

A score is a number and has no room for it; the run tells each sentence once a round.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_HEARD: ContextVar[list[str] | None] = ContextVar("tpo_remarks", default=None)


def remark(sentence: str) -> None:
    """Say something to the person; nobody hears it outside a run, and the same only once."""
    heard = _HEARD.get()
    if heard is not None and sentence not in heard:
        heard.append(sentence)


@contextmanager
def remarks() -> Iterator[list[str]]:
    """Collect what rewards say in this block.

    Example:
        >>> with remarks() as heard:
        ...     remark("an answer was cut")
        >>> heard
        ['an answer was cut']
    """
    heard: list[str] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)
