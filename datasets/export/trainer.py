"""What a trainer family needs: how a row looks, and what describes the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...core.json_types import JsonObject
from .examples import Example, Task


@dataclass(frozen=True)
class Trainer:
    """A family of trainers.

    Attributes:
        name: As it is typed.
        row: Makes a row of an example; `None` if its format cannot hold it.
        info: Makes what describes a file beside it, from its dataset's name, its file's name and
            the task; if the family wants that.
    """

    name: str
    row: Callable[[Example, Task], JsonObject | None]
    info: Callable[[str, str, Task], JsonObject] | None = None


def says(text: str) -> list[JsonObject]:
    """Return an answer as messages."""
    return [{"role": "assistant", "content": text}]
