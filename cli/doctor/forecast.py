"""Which mode passes all checks most often within the same tokens, by what moves did on a few tasks.

The rates of a task are not known, only what a few texts showed: so they are drawn many times from
what these allow (a Beta around the rate over all tasks), over tasks that are drawn with repetition.
Reported are the mean, and how far apart modes are in nine draws of ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from random import Random
from statistics import fmean

from ...core.json_types import JsonObject
from ...core.moves import Move
from .mode_plans import (
    EQUAL_TEXTS,
    MODES,
    MOVES,
    Counts,
    Mode,
    Prices,
    Shown,
    adaptive_path,
    mode_plans,
)
from .move_rates import draw_rates

DRAWS, PATHS = 1000, 8
SAME = 0.01  # chances closer than this are the same to a user


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
        return max(MODES, key=lambda mode: self.chances[mode])

    @property
    def runner_up(self) -> Mode:
        """The mode with the next highest chance."""
        return sorted(MODES, key=lambda mode: -self.chances[mode])[1]

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
        """The mode that risks least; of those that risk about the same, the simplest."""
        least = min(self.risk.values())
        return next(mode for mode in MODES if self.risk[mode] < least + SAME)

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
    chance = Random(seed)  # noqa: S311  not for secrets
    plans = [
        [mode_plans(adaptive_path(task, chance), prices) for _ in range(PATHS)] for task in tasks
    ]
    draws: list[dict[Mode, float]] = []
    for _ in range(DRAWS):
        drawn = chance.choices(range(len(tasks)), k=len(tasks))
        rates = draw_rates([tasks[n] for n in drawn], chance)
        run = [chance.choice(plans[n]) for n in drawn]
        draws.append(
            {
                mode: fmean(chance_to_pass(r, p[mode]) for r, p in zip(rates, run, strict=True))
                for mode in MODES
            }
        )
    chances: dict[Mode, float] = {mode: fmean(draw[mode] for draw in draws) for mode in MODES}
    best = max(MODES, key=lambda mode: chances[mode])
    return Forecast(
        chances,
        ahead={m: most_draws([draw[best] - draw[m] for draw in draws]) for m in MODES},
        risk={m: fmean(max(draw.values()) - draw[m] for draw in draws) for m in MODES},
        answers={m: fmean(sum(p[m].values()) for few in plans for p in few) for m in MODES},
    )


def chance_to_pass(rates: Mapping[Move, float], plan: Counts) -> float:
    """Return the chance that one of the answers of a plan passes."""
    return 1 - float(prod((1 - rates[move]) ** plan[move] for move in MOVES))


def most_draws(values: Sequence[float]) -> tuple[float, float]:
    """Return the low and the high end of nine draws of ten."""
    cut, ranked = len(values) // 20, sorted(values)
    return ranked[cut], ranked[-cut - 1]
