"""Each arm held against one of them, in every measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...core.pool import reward_of
from .bootstrap import Resamples
from .comparison import Difference, WinRate
from .differences import paired_difference
from .matching import Matched
from .reached import Reached
from .win_rates import who_wins, win_rate

MEASURES: dict[str, Callable[[Reached], float | None]] = {
    "reward": lambda point: reward_of(point.candidate),
    "heldout": lambda point: point.heldout,
    "accuracy": lambda point: None if point.passed is None else float(point.passed),
    "length": lambda point: len(point.candidate["text"]),
    "tokens": lambda point: point.spend.tokens,
    "cost_usd": lambda point: point.spend.dollars,
    "seconds": lambda point: point.seconds,
}
GOODNESS = ("reward", "heldout", "accuracy")
"""What says how good an answer is, in the order in which one is asked for the verdict."""
Measure = Callable[[Reached], float | None]
Verdicts = Mapping[str, Mapping[tuple[str, str], float]]
"""By judge, then by arm and row: 1.0 if the arm beats the one it is held against, 0.0, or 0.5."""


def heldout_called(title: str) -> Measure:
    """Return the measure of one of several held-out rewards."""
    return lambda point: point.heldouts.get(title)


@dataclass
class Against:
    """What is found of arms that are held against one of them.

    Attributes:
        matched: The rows.
        base: The name of that arm.
        verdicts: What judges say.
        seed: Of the resamples.
    """

    matched: Matched
    base: str
    verdicts: Verdicts = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        """Draw the resamples, once for all measures."""
        self.resamples = Resamples(self.matched.queries, self.seed)
        self.measures = {
            name: of for name, of in MEASURES.items() if name != "reward" or self.matched.one_scale
        }
        titles = next(iter(self.matched.column(self.base))).heldouts
        for title in list(titles)[1:]:  # the first is `heldout` itself
            self.measures[f"heldout {title}"] = heldout_called(title)

    @property
    def others(self) -> list[str]:
        """The names of the arms that are held against it."""
        return [arm.name for arm in self.matched.arms if arm.name != self.base]

    def differences(self) -> list[Difference]:
        """Return by how much each arm differs, in every measure that there is."""
        found = []
        for arm in self.others:
            for name in self.measures:
                ours, theirs = (
                    [self.measures[name](point) for point in self.matched.column(side)]
                    for side in (arm, self.base)
                )
                found.append(
                    paired_difference((arm, self.base), name, ours, theirs, self.resamples)
                )
        return [one for one in found if one]

    def win_rates(self) -> list[WinRate]:
        """Return how often each arm wins by the rewards, by the checks, and by each judge."""
        found = []
        for arm in self.others:
            both = list(zip(self.matched.column(arm), self.matched.column(self.base), strict=True))
            texts = [(a.candidate["text"], b.candidate["text"]) for a, b in both]
            for by, outcomes in self.outcomes(arm, both).items():
                found.append(win_rate((arm, self.base), by, outcomes, texts, self.resamples))
        return [one for one in found if one]

    def outcomes(
        self, arm: str, both: Sequence[tuple[Reached, Reached]]
    ) -> dict[str, list[float | None]]:
        """Return who wins on each row, by everything that can say so."""
        found: dict[str, list[float | None]] = {}
        for name in self.measures:
            if name in GOODNESS or name.startswith("heldout"):
                goodness = self.measures[name]
                found[name] = [who_wins(goodness(a), goodness(b)) for a, b in both]
        for judge, said in self.verdicts.items():
            found[judge] = [said.get((arm, id)) for id in self.matched.ids]
        return found
