"""Which mode passes all checks most often within the same tokens, by what moves did on a few tasks.

For each mode the chance is that of a run of depth 2 and width 5 (19 texts), and of as many more
fresh answers as make up for what another mode costs more. The rates of a task are not known, only
what a few texts showed: so they are drawn many times from what these allow (a Beta distribution around
the rate over all tasks), over tasks that are themselves drawn with repetition. What is reported
is the mean over these draws, and how far apart two modes are in nine draws of ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pow, prod
from random import Random
from statistics import fmean
from typing import Literal

from ...core.context import Context
from ...core.json_types import JsonObject
from ...core.moves import Move
from ...core.next_plan import next_plan
from ...core.state import Candidate

Mode = Literal["best_of_n", "adaptive", "tpo"]
MODES: tuple[Mode, ...] = ("best_of_n", "adaptive", "tpo")  # the simplest first
MOVES: tuple[Move, ...] = ("fresh", "rewrite", "advised")
RUN = Context(mode="adaptive", depth=2, width=5, seed=0)
CRITIQUE = 2  # texts: loss and gradient
TEXTS = RUN.width + RUN.depth * (RUN.width + CRITIQUE)
DRAWS, PATHS = 1000, 8
SAME = 0.01  # chances that are closer are the same

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


@dataclass(frozen=True)
class Forecast:
    """What the modes are expected to do on tasks like these.

    Attributes:
        chances: By mode, the chance that an answer passes all checks.
        ahead: By mode, how far the best mode is ahead of it: low and high end, nine draws of ten.
        risk: By mode, how much chance it gives away on average by not being the best.
        answers: By mode, how many answers that is.
    """

    chances: dict[Mode, float]
    ahead: dict[Mode, tuple[float, float]]
    risk: dict[Mode, float]
    answers: dict[Mode, float]

    @property
    def best(self) -> Mode:
        """The mode with the highest chance; of equals the simplest."""
        return max(MODES, key=self.chances.__getitem__)

    @property
    def clear(self) -> bool:
        """Whether the best mode is ahead of both others in all but one draw of twenty."""
        return all(self.ahead[mode][0] > 0 for mode in MODES if mode != self.best)

    @property
    def level(self) -> bool:
        """Whether it makes no difference which mode is taken."""
        return max(self.chances.values()) - min(self.chances.values()) < SAME

    @property
    def recommended(self) -> Mode:
        """The best mode if it is clear; else the one that risks least, the simplest if all are level."""
        if self.clear:
            return self.best
        return MODES[0] if self.level else min(MODES, key=lambda mode: self.risk[mode])

    def as_json(self) -> JsonObject:
        """Return what `--json` prints of it."""
        modes: JsonObject = {
            mode: {
                "chance": round(self.chances[mode], 3),
                "answers": round(self.answers[mode], 1),
                "behind_best": [round(end, 3) for end in self.ahead[mode]],
                "risk": round(self.risk[mode], 3),
            }
            for mode in MODES
        }
        return {"recommended": self.recommended, "clear": self.clear, "modes": modes}


def forecast(tasks: Sequence[Shown], prices: Prices = EQUAL_TEXTS, *, seed: int = 0) -> Forecast:
    """Estimate which mode most often passes all checks at the same price.

    Args:
        tasks: What moves did on each, at least one task with a fresh answer.
        prices: What texts cost; by default modes are compared at equal texts.
        seed: The same seed and tasks give the same forecast.

    Example:
        >>> mends = Shown(fresh=(0.5,) * 5, rewrite=(1.0,) * 5, advised=(0.5,) * 5)
        >>> forecast([mends] * 6).best
        'tpo'
    """
    chance = Random(seed)
    plans = [[_plans(adaptive_path(task, chance), prices) for _ in range(PATHS)] for task in tasks]
    draws: list[dict[Mode, float]] = []
    for _ in range(DRAWS):
        drawn = chance.choices(range(len(tasks)), k=len(tasks))
        rates = _rates([tasks[n] for n in drawn], chance)
        run = [chance.choice(plans[n]) for n in drawn]
        draws.append(
            {
                mode: fmean(_passes(r, p[mode]) for r, p in zip(rates, run, strict=True))
                for mode in MODES
            }
        )
    chances = {mode: fmean(draw[mode] for draw in draws) for mode in MODES}
    best = max(MODES, key=chances.__getitem__)
    return Forecast(
        chances,
        ahead={m: _most_draws([draw[best] - draw[m] for draw in draws]) for m in MODES},
        risk={m: fmean(max(draw.values()) - draw[m] for draw in draws) for m in MODES},
        answers={m: fmean(sum(p[m].values()) for few in plans for p in few) for m in MODES},
    )


def _passes(rates: Mapping[Move, float], plan: Counts) -> float:
    """Return the chance that one of the answers of a plan passes."""
    return 1 - prod(pow(1 - rates[move], plan[move]) for move in MOVES)


def _most_draws(values: Sequence[float]) -> tuple[float, float]:
    """Return the low and the high end of nine draws of ten."""
    cut, ranked = len(values) // 20, sorted(values)
    return ranked[cut], ranked[-cut - 1]


def adaptive_path(task: Shown, chance: Random) -> Counts:
    """Return how `mode="adaptive"` divides its texts on a task, as long as none passes.

    Args:
        task: What moves did on it; texts that failed are drawn again as those of the run.
        chance: What draws them.
    """
    total: Counts = {"fresh": RUN.width, "rewrite": 0, "advised": 0}
    pool = [_candidate(0, n, "fresh", task, chance) for n in range(RUN.width)]
    for round in range(RUN.depth):
        plan = next_plan(pool, 1, round, RUN)
        for move in MOVES:
            total[move] += plan[move]
            start = len(pool)
            pool += [
                _candidate(round + 1, start + n, move, task, chance) for n in range(plan[move])
            ]
    return total


def _candidate(round: int, index: int, move: Move, task: Shown, chance: Random) -> Candidate:
    """Return a text as the task showed them: one of those that failed, as the run goes on."""
    known = [share for share in task.of(move) or task.fresh if share != 1]
    share = chance.choice(known) if known else 0.5
    return Candidate(
        id=f"r{round}c{index}", turn=1, round=round, index=index, text="", finish_reason="stop",
        reward=share, error="unusable" if share is None else None,
        move=move, parent_round=None if move == "fresh" else round - 1,
    )  # fmt: skip


def _plans(adaptive: Counts, prices: Prices) -> dict[Mode, Counts]:
    """Return how many answers of each move a mode has; what one leaves over is for fresh answers."""
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


def _rates(tasks: Sequence[Shown], chance: Random) -> list[dict[Move, float]]:
    """Draw for each task how often a text of each move passes all checks."""
    usual: dict[Move, float] = {}
    for move in MOVES:
        every = [share == 1 for task in tasks for share in task.of(move)]
        usual[move] = (sum(every) + 0.5) / (len(every) + 1)
    return [
        {move: chance.betavariate(*_belief(task.of(move), usual[move])) for move in MOVES}
        for task in tasks
    ]


def _belief(shares: Shares, usual: float) -> tuple[float, float]:
    """Return the Beta of a rate: what the texts showed, and one text of the usual kind."""
    passed = sum(share == 1 for share in shares)
    return passed + usual, len(shares) - passed + 1 - usual
