"""Two arms of a comparison, and the verdict on them in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...core.number_format import count, signed
from .against import GOODNESS
from .comparison import ArmSummary, Comparison, Difference, Equal, WinRate

CALLED = {"reward": "reward", "heldout": "held-out reward", "accuracy": "of the rows pass"}
EQUALS: dict[Equal, str] = {
    "tokens": "at equal tokens",
    "texts": "at equal texts",
    "requests": "at equal requests",
    "dollars": "at equal dollars",
    "nothing": "each at its own cost",
}
SPENT: dict[Equal, Callable[[ArmSummary], float | None]] = {
    "tokens": lambda arm: arm["tokens"],
    "texts": lambda arm: arm["texts"],
    "requests": lambda arm: arm["requests"],
    "dollars": lambda arm: arm["cost_usd"],
}
UNEQUAL = 1.15  # times the other's cost
UNLIKE = 0.5  # ratings an answer, from which on one arm is favoured
OWN_WINS = {"heldout": 1, "accuracy": 2, "reward": 3}  # after those of judges


@dataclass(frozen=True)
class ArmPair:
    """One arm, held against another, as the record has it."""

    found: Comparison
    ours: ArmSummary
    theirs: ArmSummary

    def difference(self, measure: str) -> Difference | None:
        """Return the difference in a measure, if there is one."""
        mine = self.ours["name"]
        same = (d for d in self.found["differences"] if d["arm"] == mine)
        return next((d for d in same if d["measure"] == measure), None)

    @property
    def decisive(self) -> Difference | None:
        """The difference that the verdict rests on."""
        return next((d for name in GOODNESS if (d := self.difference(name))), None)

    @property
    def wins(self) -> list[WinRate]:
        """The win rates, those that the search did not optimise first."""
        mine = [w for w in self.found["win_rates"] if w["arm"] == self.ours["name"]]
        return sorted(mine, key=lambda w: OWN_WINS.get(w["by"], 0))


def interval_words(one: Difference) -> str:
    """Return a difference with its interval: `+0.42 (+0.21 to +0.63)`."""
    ends = f"{signed(one['low'])} to {signed(one['high'])}"
    return f"{signed(one['mean'])} ({ends})"


def is_decided(one: Difference) -> bool:
    """Return whether zero lies outside the interval."""
    return one["low"] > 0 or one["high"] < 0


def cost_words(pair: ArmPair) -> str:
    """Say at what cost two arms are compared, also if it could not be made equal."""
    equal = pair.found["equal"]
    if equal == "nothing":
        return EQUALS[equal]
    ours, theirs = (SPENT[equal](arm) or 0.0 for arm in (pair.ours, pair.theirs))
    if max(ours, theirs) <= UNEQUAL * min(ours, theirs):
        return EQUALS[equal]
    return f"not {EQUALS[equal]} ({ours:,.4g} against {theirs:,.4g} a row)"


def verdict_words(pair: ArmPair) -> str:
    """Say who wins, by how much, or how many more rows would tell."""
    ours, theirs, one = pair.ours["name"], pair.theirs["name"], pair.decisive
    if one is None:
        return (
            f"Nothing says whether {ours} or {theirs} is better: they were ranked by different "
            "rewards, or by one that compares. Give a held-out reward."
        )
    how = f"{interval_words(one)} {CALLED[one['measure']]}"
    where = f"on {count(one['rows'], 'row')}, {cost_words(pair)}"
    if is_decided(one):
        verb = "beats" if one["low"] > 0 else "is worse than"
        return f"{ours} {verb} {theirs}: {how} {where}."
    more = one["rows_to_decide"]
    rest = (
        f"about {count(more, 'more row')} would likely decide it"
        if more
        else "they are as good as equal, or far more rows would be needed"
    )
    return f"No difference between {ours} and {theirs} was found: {how} {where}; {rest}."


def ratings_words(pair: ArmPair) -> str:
    """Say whom the verdict favours if one arm's rewards are means of more ratings."""
    if pair.decisive is None or pair.decisive["measure"] != "reward":
        return ""
    by_ratings = sorted((arm.get("ratings", 1.0), arm["name"]) for arm in (pair.ours, pair.theirs))
    (few, lucky), (many, rated) = by_ratings
    if many - few < UNLIKE:
        return ""
    believe = "Go by the held-out reward" if pair.difference("heldout") else "Hold out a reward"
    return (
        f"The reward of {rated} is a mean of {many:.2g} ratings an answer, that of {lucky} of "
        f"{few:.2g}: the luckiest of many. That favours {lucky}. {believe}, or give all arms the "
        "same --ratings."
    )
