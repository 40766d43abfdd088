"""How far a batch is, in one line: rows, reward, cost so far and forecast, time left."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.dollars import money, price_phrase
from ...core.number_format import count, reward, seconds
from ...core.usage import Cost, tokens_of
from ...datasets.batch.at_work import AtWork
from ...datasets.batch.sums import Sums


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Attributes:
        total: How many rows there are.
        sums: Those of the rows that have ended.
        here: How many of them ended in this call.
        under_way: How many have begun and not ended.
        spent: What all rows have cost, those under way too.
        seconds: How long this call has been at work.
    """

    total: int
    sums: Sums
    here: int
    under_way: int
    spent: Cost
    seconds: float

    @property
    def left(self) -> float | None:
        """Seconds until the end, if the rest goes like the rows of this call; else `None`."""
        return self.seconds / self.here * (self.total - self.sums.rows) if self.here else None

    @property
    def rows(self) -> str:
        """The rows: `12 of 64 rows, 16 under way, 1 failed`."""
        parts = [f"{self.sums.done:,} of {count(self.total, 'row')}"]
        parts += [f"{self.under_way} under way"] if self.under_way else []
        parts += [f"{self.sums.failed:,} failed"] if self.sums.failed else []
        return ", ".join(parts)

    @property
    def cost(self) -> str:
        """Tokens and dollars so far, and what all rows will cost."""
        tokens, rows = tokens_of(self.spent), self.sums.rows
        price = price_phrase(self.spent, unknown="price unknown" if rows >= self.total else "")
        so_far = f"{tokens:,} tokens" + (f", {price}" if price else "")
        if not self.sums.done or rows >= self.total:  # rows that failed tell nothing of the rest
            return so_far
        forecast = f"{round(tokens_of(self.sums.paid) / rows * self.total, -2):,.0f} tokens"
        if dollars := self.sums.paid.get("cost_usd"):
            forecast += f", {money(dollars / rows * self.total)}"
        return f"{so_far} (all: about {forecast})"

    @property
    def time(self) -> str:
        """The time that is left."""
        gone = seconds(self.seconds)
        return gone if not self.left else f"{gone}, about {seconds(self.left)} left"

    def line(self) -> str:
        """Return all of it in one line."""
        mean = self.sums.mean
        rated = [] if mean is None else [f"mean reward {reward(mean)}"]
        return "; ".join([self.rows, *rated, self.cost, self.time])


def progress_of(running: AtWork) -> Progress:
    """Return how far a batch is now."""
    return Progress(
        total=running.rows.count,
        sums=running.sums,
        here=running.sums.rows - running.rows_before,
        under_way=len(running.under_way),
        spent=running.spent,
        seconds=running.seconds,
    )
