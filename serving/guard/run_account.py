"""The account of one run: what it may use, and what it has used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import floor
from typing import Any

from ...core.context import Context
from ...core.dollars import usd_for_budget
from ...core.events import AnyEvent
from ...core.usage import Cost, tokens_for_budget
from .callers import Caller

Amounts = dict[str, float]
"""What was used, or is left, of each measure."""
MEASURES: tuple[str, ...] = ("requests", "tokens", "usd")
BUDGETS = {name: f"budget_{name}" for name in MEASURES}  # settings of a run


def limits_of(caller: Caller) -> Amounts:
    """Return a person's limits for a day; those that are not set are left out."""
    found = {name: getattr(caller.limits, f"max_{name}_per_day") for name in MEASURES}
    return {name: limit for name, limit in found.items() if limit}


def measure_words(measure: str) -> str:
    """Return what a measure counts, in words."""
    return {"requests": "requests to models", "usd": "dollars"}.get(measure, measure)


def amounts_of(paid: Cost) -> Amounts:
    """Return what a cost comes to, as budgets count it."""
    tokens = tokens_for_budget(paid)
    return {"requests": paid["requests"], "tokens": tokens, "usd": usd_for_budget(paid)}


def whole(measure: str, amount: float) -> float:
    """Return an amount as a run can be granted it: of what is counted, one at least."""
    return amount if measure == "usd" else max(1, floor(amount))


def part_of(measure: str, amount: float, places: int) -> float:
    """Return what one run gets of what is left for some.

    Example:
        >>> part_of("requests", 6, 4), part_of("requests", 2, 4), part_of("usd", 2, 4)
        (1, 1, 0.5)
    """
    return whole(measure, amount / places)


class RunAccount:
    """What one run may use, and has used.

    Args:
        owner: Who pays.
        grant: The most it may use, of each measure with a limit.
        pay: Takes what was used, at once.
        close: Ends an account.
    """

    def __init__(
        self,
        owner: str,
        grant: Mapping[str, float],
        pay: Callable[[str, Amounts], None],
        close: Callable[[RunAccount], None],
    ) -> None:
        self.owner, self.grant = owner, grant
        self._pay, self._close = pay, close
        self.paid: Amounts = dict.fromkeys(MEASURES, 0)
        self.before: Amounts = dict.fromkeys(MEASURES, 0)

    def unused(self, measure: str) -> float:
        """Return what it may still use."""
        return max(0, self.grant.get(measure, 0) - self.paid[measure])

    def bounded(self, context: Context, before: Cost | None = None) -> Context:
        """Return the settings of the run with budgets that hold it to its grant.

        Args:
            context: The settings asked for.
            before: What the turn has cost already; budgets count it, this account does not.
        """
        self.before = amounts_of(before) if before else self.before
        budgets: dict[str, Any] = {}
        for name, amount in self.grant.items():
            most = whole(name, self.before[name] + amount)
            budgets[BUDGETS[name]] = min(getattr(context, BUDGETS[name]) or most, most)
        return context.model_copy(update=budgets) if budgets else context

    def take(self, event: AnyEvent) -> None:
        """Count what an event says was paid for."""
        if event["type"] == "tpo.request_finished":
            self.add(amounts_of(event["cost"]))
        elif event["type"] == "tpo.final":  # the sum may know of more than events and steps
            total = amounts_of(event["usage"]["total"])
            known = {name: self.before[name] + self.paid[name] for name in MEASURES}
            self.add({name: max(0, total[name] - known[name]) for name in MEASURES})

    def add(self, amounts: Amounts) -> None:
        """Count what was paid for."""
        self.paid = {name: self.paid[name] + amounts[name] for name in MEASURES}
        self._pay(self.owner, amounts)

    def close(self) -> None:
        """End it: what it has not used is free again."""
        self._close(self)
