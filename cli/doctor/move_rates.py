"""How often a text of each move passes all checks of a task: drawn from what a few texts showed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ...core.moves import Move
from .mode_plans import MOVES, Shares, Shown


def draw_rates(tasks: Sequence[Shown], chance: Random) -> list[dict[Move, float]]:
    """Draw for each task how often a text of each move passes all checks."""
    usual: dict[Move, float] = {}
    for move in MOVES:
        every = [share == 1 for task in tasks for share in task.of(move)]
        usual[move] = (sum(every) + 0.5) / (len(every) + 1)
    return [
        {move: chance.betavariate(*belief(task.of(move), usual[move])) for move in MOVES}
        for task in tasks
    ]


def belief(shares: Shares, usual: float) -> tuple[float, float]:
    """Return the Beta of a rate: what the texts showed, and one text of the usual kind."""
    passed = sum(share == 1 for share in shares)
    return passed + usual, len(shares) - passed + 1 - usual
