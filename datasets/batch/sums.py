"""What the rows of a batch add up to."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.dollars import with_dollars
from ...core.json_types import JsonObject
from ...core.usage import Cost, add_costs, cost
from ..records import RowResult


@dataclass
class Sums:
    """Sums over rows that have ended.

    Attributes:
        done: Rows with an answer.
        failed: Rows without one.
        rewards: The sum of the answers' rewards.
        rated: Answers that have one.
        paid: What all of them have cost.
        rates: Whether rewards are counted.
    """

    done: int = 0
    failed: int = 0
    rewards: float = 0.0
    rated: int = 0
    paid: Cost = field(default_factory=cost)
    stops: dict[str, int] = field(default_factory=dict)
    rates: bool = True

    @property
    def rows(self) -> int:
        """How many rows have ended."""
        return self.done + self.failed

    @property
    def mean(self) -> float | None:
        """The mean reward of the answers."""
        return self.rewards / self.rated if self.rated else None

    def add(self, row: RowResult) -> None:
        """Count a row."""
        if row["error"]:
            self.failed += 1
        else:
            self.done += 1
            self.rewards += row["reward"] or 0.0
            self.rated += self.rates and row["reward"] is not None
        if row["stop_reason"]:
            self.stops[row["stop_reason"]] = self.stops.get(row["stop_reason"], 0) + 1
        if row["usage"]:
            self.paid = add_costs(self.paid, row["usage"]["total"])

    def as_json(self) -> JsonObject:
        """Return them as they are written."""
        return {
            "done": self.done,
            "failed": self.failed,
            "mean_reward": self.mean,
            "stop_reasons": self.stops,
            "usage": with_dollars(self.paid),
        }
