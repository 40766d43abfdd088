"""What each person has used today, and how much the runs under way may still use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from ...core.errors import TOO_MANY, TPOError
from .callers import Caller
from .run_account import MEASURES, Amounts, RunAccount, limits_of, measure_words, part_of


class Accounts:
    """The accounts of all people, for the day that it is (UTC).

    A run that begins is granted its part of what is left: of four that a person may run at the
    same time, the first gets a quarter. So together they stay within the limit, whatever each
    of them uses; only requests that are under way when a grant is used up go beyond it.

    Args:
        person: Returns a person by name.
        max_concurrent: Runs of the server at the same time.
        clock: Returns the time.
    """

    def __init__(
        self,
        person: Callable[[str], Caller] = Caller,
        max_concurrent: int = 1,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.person, self.max_concurrent, self._clock = person, max_concurrent, clock
        self._day, self._spent = "", dict[str, Amounts]()
        self.open: list[RunAccount] = []
        self.changed = asyncio.Event()

    @property
    def day(self) -> str:
        """The day that it is; with a new one, everything starts from zero."""
        today = self._clock().date().isoformat()
        if today != self._day:
            self._day, self._spent = today, {}
        return self._day

    @property
    def spent(self) -> Mapping[str, Amounts]:
        """What each person has used today."""
        return self._spent if self.day else {}

    def load(self, day: str, spent: Mapping[str, Amounts]) -> None:
        """Take over what was saved of a day."""
        if day == self.day:
            self._spent.update(spent)

    def pay(self, owner: str, amounts: Amounts) -> None:
        """Add what a person has used."""
        before = self.spent.get(owner, {})
        self._spent[owner] = {name: before.get(name, 0) + amounts[name] for name in MEASURES}
        self.changed.set()

    def is_busy(self, owner: str) -> bool:
        """Return whether a person has as many runs at work as the limit allows."""
        limit = self.person(owner).limits.max_concurrent
        return bool(limit) and len(self._of(owner)) >= limit

    def left(self, owner: str) -> Amounts:
        """Return what a person may still use today, and no run under way may; of each limit.

        Raises:
            TPOError: nothing, of one of them; its status is 429.
        """
        spent, left = self.spent.get(owner, {}), dict[str, float]()
        for name, limit in limits_of(self.person(owner)).items():
            held = sum(one.unused(name) for one in self._of(owner))
            left[name] = limit - spent.get(name, 0) - held
            if left[name] <= 0:
                raise self._too_much(owner, name, limit, busy=held > 0)
        return left

    def begin(self, owner: str) -> RunAccount:
        """Open the account of a run.

        Raises:
            TPOError: nothing is left for today; its status is 429.
        """
        left, limits = self.left(owner), self.person(owner).limits
        places = (limits.max_concurrent or self.max_concurrent) - len(self._of(owner))
        grant = {name: part_of(name, amount, max(1, places)) for name, amount in left.items()}
        account = RunAccount(owner, grant, self.pay, self.open.remove)
        self.open.append(account)
        return account

    def _of(self, owner: str) -> list[RunAccount]:
        return [one for one in self.open if one.owner == owner]

    def _too_much(self, owner: str, name: str, limit: float, *, busy: bool) -> TPOError:
        now = self._clock()
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        rest = "what is left is held by runs under way" if busy else "they are used up"
        error = TPOError(
            f"{owner} may use {limit:g} {measure_words(name)} a day, and {rest}; the next day "
            "begins at midnight UTC"
        )
        error.status = TOO_MANY
        error.retry_after = 5 if busy else (midnight - now).total_seconds()
        return error
