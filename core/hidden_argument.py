"""An argument of a saved task that streams and traces do not show."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """An argument of a task, of which streams and traces show a name only.

    They show a task's arguments; this one may hold keys, and repeats what the events say.

    Example:
        >>> held = Held({"key": "secret"}, "a reward")
        >>> held, held()
        (a reward, {'key': 'secret'})
    """

    def __init__(self, value: T, shown: str) -> None:
        self._value = value
        self._shown = shown
        self.taken = False

    def __call__(self) -> T:
        """Return the argument; `taken` says from then on that the task has really run."""
        self.taken = True
        return self._value

    def __repr__(self) -> str:
        return self._shown
