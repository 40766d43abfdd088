"""How many answers of each move a mode has for the same price, by what a few tasks showed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from ...core.context import Context
from ...core.moves import Move
from ...core.planning.round_plan import next_plan
from ...core.state import Candidate

Mode = Literal["best_of_n", "adaptive", "tpo"]
MODES: tuple[Mode, ...] = ("best_of_n", "adaptive", "tpo")  # the simplest first
MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised")
RUN = Context(mode="adaptive", depth=2, width=5, seed=0)
CRITIQUE = 2  # texts: loss and gradient
FEEDBACK = "a check failed"  # the reward is one that says so: no critique is paid for
TEXTS = RUN.width + RUN.depth * (RUN.width + CRITIQUE)

Counts = dict[Move, float]
Shares = tuple[float | None, ...]
"""Of each text the share of checks that it passed; `None` if the text could not be used."""


@dataclass(frozen=True)
class Shown:
    """What the moves did on one task.

    Attributes:
        fresh: Its first answers.
        rewrite: Updates of an answer that failed a check; empty if none did.
        advised: Answers under advice, from such an answer.
    """

    fresh: Shares
    rewrite: Shares = ()
    advised: Shares = ()

    def of(self, move: Move) -> Shares:
        """Return what one move did."""
        return {"fresh": self.fresh, "rewrite": self.rewrite, "advised": self.advised}[move]


@dataclass(frozen=True)
class Prices:
    """What texts cost, in tokens with their share of the prompt; all 1.0 counts texts.

    Attributes:
        fresh: One fresh answer.
        rewrite: One rewrite.
        advised: One advised answer.
        critique: Loss and gradient of a round.
    """

    fresh: float = 1.0
    rewrite: float = 1.0
    advised: float = 1.0
    critique: float = float(CRITIQUE)


EQUAL_TEXTS = Prices()


def adaptive_path(task: Shown, chance: Random) -> Counts:
    """Return how `mode="adaptive"` divides its texts on a task, as long as none passes.

    Args:
        task: What moves did on it; texts that failed are drawn again as those of the run.
        chance: What draws them.
    """
    total: Counts = {"fresh": RUN.width, "rewrite": 0, "advised": 0}
    pool = [candidate_like(0, n, "fresh", task, chance) for n in range(RUN.width)]
    for round in range(RUN.depth):
        plan = next_plan(pool, 1, round, RUN)
        for move in MOVES:
            total[move] += plan[move]
            start = len(pool)
            pool += [
                candidate_like(round + 1, start + n, move, task, chance) for n in range(plan[move])
            ]
    return total


def candidate_like(round: int, index: int, move: Move, task: Shown, chance: Random) -> Candidate:
    """Return a text as the task showed them: one of those that failed, as the run goes on."""
    known = [share for share in task.of(move) or task.fresh if share != 1]
    share = chance.choice(known) if known else 0.5
    return Candidate(
        id=f"r{round}c{index}", turn=1, round=round, index=index, text="", finish_reason="stop",
        reward=share, error="unusable" if share is None else None,
        move=move, parent_round=None if move == "fresh" else round - 1, feedback=FEEDBACK,
    )  # fmt: skip


def mode_plans(adaptive: Counts, prices: Prices) -> dict[Mode, Counts]:
    """Return each mode's answers by move; what one leaves over is spent on fresh answers."""
    each = RUN.width * RUN.depth
    plans: dict[Mode, Counts] = {
        "best_of_n": {"fresh": TEXTS, "rewrite": 0, "advised": 0},
        "adaptive": adaptive,
        "tpo": {"fresh": RUN.width, "rewrite": each, "advised": 0},
    }
    price = {"fresh": prices.fresh, "rewrite": prices.rewrite, "advised": prices.advised}
    cost = {
        mode: sum(price[move] * plan[move] for move in MOVES)
        # A text less than best-of-N has is one of a critique.
        + prices.critique * (TEXTS - sum(plan.values())) / CRITIQUE
        for mode, plan in plans.items()
    }
    most = max(cost.values())
    return {
        mode: {**plan, "fresh": plan["fresh"] + (most - cost[mode]) / prices.fresh}
        for mode, plan in plans.items()
    }
